// Command files answers.
package main

import (
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		page, err := os.ReadFile("templates/home.html")
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
		_, _ = w.Write(page)
	})
	if err := http.ListenAndServe(":8080", nil); err != nil {
		panic(err)
	}
}
