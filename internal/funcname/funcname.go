// Package funcname names functions for keys that are stored and may be found by
// another process, which must not take what one function has made for what another
// would. It knows nothing of caches.
package funcname

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime"
	"sync"
	"unsafe"
)

// Of returns a name of the function f that no other has. The name is the same in all
// processes of one program file that make their functions in the same order, and
// another in those of any other: the symbol that the compiler gives to a function says
// where it stands, and not what it does, which may change with each release. It panics
// if f is not a function. It may be called from many goroutines.
func Of(f any) string {
	v := reflect.ValueOf(f)
	if v.Kind() != reflect.Func || v.IsNil() {
		panic(fmt.Sprintf("funcname: %T is not a function", f))
	}
	symbol := runtime.FuncForPC(v.Pointer()).Name()
	return fmt.Sprintf("%s#%d@%s", symbol, ordinal(symbol, closureOf(f)), program())
}

// closureOf returns what distinguishes the functions that one piece of code makes from
// other variables. reflect only has the code.
func closureOf(f any) unsafe.Pointer {
	// An interface is a type and a pointer, and a function is a pointer to its variables.
	return (*[2]unsafe.Pointer)(unsafe.Pointer(&f))[1]
}

// ordinals has the functions of one symbol that were named, in order. It keeps their
// variables alive, so that no other function gets the same address.
var ordinals = struct {
	mu  sync.Mutex
	all map[string]map[unsafe.Pointer]int
}{all: make(map[string]map[unsafe.Pointer]int)}

func ordinal(symbol string, closure unsafe.Pointer) int {
	ordinals.mu.Lock()
	defer ordinals.mu.Unlock()
	of := ordinals.all[symbol]
	if of == nil {
		of = make(map[unsafe.Pointer]int)
		ordinals.all[symbol] = of
	}
	n, known := of[closure]
	if !known {
		n = len(of)
		of[closure] = n
	}
	return n
}

// program returns the digest of the program's file. If that cannot be read, it is a
// random text, so that no other process has it.
var program = sync.OnceValue(func() string {
	path, err := os.Executable()
	if err != nil {
		return rand.Text()
	}
	file, err := os.Open(path)
	if err != nil {
		return rand.Text()
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return rand.Text()
	}
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:16])
})
