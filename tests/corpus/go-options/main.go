// Command options takes its port as an option and reads a catalogue.
package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
)

const portOption = "port"

func main() {
	port := flag.Int(portOption, 9898, "to listen on")
	flag.Parse()
	catalogue, err := os.ReadFile("data/catalogue.json")
	if err != nil {
		panic(err)
	}
	http.HandleFunc("/-/healthy", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(catalogue) })
	if err := http.ListenAndServe(fmt.Sprintf(":%d", *port), nil); err != nil {
		panic(err)
	}
}
