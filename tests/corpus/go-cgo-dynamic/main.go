// Command c asks C.
package main

// #include <string.h>
import "C"

import "net/http"

func main() {
	http.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		if C.strlen(C.CString("four")) == 4 {
			_, _ = w.Write([]byte("ok"))
		}
	})
	if err := http.ListenAndServe(":8080", nil); err != nil {
		panic(err)
	}
}
