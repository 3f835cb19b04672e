//go:build profile

package main

import (
	"net/http"
	_ "net/http/pprof"
)

func init() {
	server := http.Server{Addr: ":6060"}
	go func() { _ = server.ListenAndServe() }()
}
