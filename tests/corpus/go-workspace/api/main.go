// Command api answers.
package main

import (
	"net/http"

	"example.com/lib"
)

func main() {
	http.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(lib.Name)) })
	if err := http.ListenAndServe(":8080", nil); err != nil {
		panic(err)
	}
}
