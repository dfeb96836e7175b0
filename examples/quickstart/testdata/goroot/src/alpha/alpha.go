// Package alpha has two files that count, and some that do not.
package alpha

import (
	"alpha/inner"
	"example.org/dep"
	"unsafe"
)

var _, _, _ = inner.X, dep.X, unsafe.Sizeof(0)
