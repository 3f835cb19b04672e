// What brings the database up to date, in the API's image.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
)

func main() {
	found, err := filepath.Glob(filepath.Join("db", "migrations", "*.sql"))
	if err != nil || len(found) == 0 {
		log.Fatal("no migrations", err)
	}
	for _, name := range found {
		fmt.Fprintln(os.Stdout, name)
	}
}
