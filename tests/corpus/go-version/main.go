// Command version answers.
package main

import (
	"net/http"
)

var version = "dev"

func main() {
	if version == "dev" {
		panic("no version was set")
	}
	http.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(version)) })
	if err := http.ListenAndServe(":8080", nil); err != nil {
		panic(err)
	}
}
