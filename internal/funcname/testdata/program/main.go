// Command program prints the name of a function of its own.
package main

import "github.com/larder-go/larder/internal/funcname"

// release differs from one build to the next.
var release = "none"

func main() { print(funcname.Of(func() string { return release })) }
