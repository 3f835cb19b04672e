// The API: its health lies below a path, and its pages are read when it runs.
package main

import (
	"log"
	"net/http"
	"os"

	"example.test/shop/internal/pages"
	"example.test/shop/internal/store"
)

func main() {
	port := os.Getenv("PORT")
	if port == "" {
		port = "8085"
	}
	home, err := pages.Read("web/templates/*.html")
	if err != nil {
		log.Fatal(err)
	}
	api := http.NewServeMux()
	api.HandleFunc("GET /health", func(http.ResponseWriter, *http.Request) {})
	api.HandleFunc("POST /pictures", func(w http.ResponseWriter, r *http.Request) {
		picture, _, err := r.FormFile("picture")
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		picture.Close()
	})
	mux := http.NewServeMux()
	mux.Handle("/api/v1/", http.StripPrefix("/api/v1", api))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { home.Execute(w, store.Items()) })
	log.Fatal(http.ListenAndServe(":"+port, mux))
}
