// The worker: it listens nowhere, and its day ends in its own time zone.
package main

import (
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"example.test/shop/internal/store"
)

func main() {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		log.Fatal(err)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	log.Println(len(store.Items()), time.Now().In(zone))
	<-stop
}
