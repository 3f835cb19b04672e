// Command migrate does its work and ends.
package main

import "github.com/google/uuid"

func main() { println(uuid.NewString()) }
