// Package lib has a name.
package lib

const Name = "lib"
