// Command config answers.
package main

import (
	"flag"
	"net/http"
	"os"
)

func main() {
	path := flag.String("config", "", "the configuration")
	flag.Parse()
	content, err := os.ReadFile(*path)
	if err != nil {
		panic(err)
	}
	http.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(content) })
	if err := http.ListenAndServe(":8080", nil); err != nil {
		panic(err)
	}
}
