package main

import (
	"beta"
	"example.org/dep"
)

func main() { println(beta.X, dep.X) }
