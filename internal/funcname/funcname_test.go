package funcname_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/larder-go/larder/internal/funcname"
)

func returning(n int) func() int { return func() int { return n } }

func one() int { return 1 }

func TestNoTwoFunctionsHaveOneName(t *testing.T) {
	names := make(map[string]string)
	for what, f := range map[string]func() int{
		"a function":                       one,
		"a literal":                        func() int { return 1 },
		"another literal":                  func() int { return 1 },
		"a literal with a variable":        returning(1),
		"the same with another variable":   returning(2),
		"the same with the first variable": returning(1), // whether that makes a difference is not known
	} {
		name := funcname.Of(f)
		if other, taken := names[name]; taken {
			t.Errorf("%s and %s are both %s", what, other, name)
		}
		names[name] = what
		if again := funcname.Of(f); again != name {
			t.Errorf("%s is %s, and then %s", what, name, again)
		}
	}
	if first, second := funcname.Of(one), funcname.Of(one); first != second {
		t.Error("a function has another name each time")
	}
}

func TestWhatIsNoFunctionPanics(t *testing.T) {
	for _, f := range []any{nil, 1, (func())(nil)} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%T has a name", f)
				}
			}()
			funcname.Of(f)
		}()
	}
}

// A release that changes what a function does gives it another name, though it stands
// where the old one stood; and a second process of the same file has the same name.
func TestANameIsThatOfOneProgramFile(t *testing.T) {
	var names []string
	for _, release := range []string{"1", "2"} {
		file := filepath.Join(t.TempDir(), "program")
		if out, err := exec.Command("go", "build", "-ldflags", "-X main.release="+release, "-o", file, "./testdata/program").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		first, second := printed(t, file), printed(t, file)
		if first != second || first == "" {
			t.Errorf("two processes of one file say %q and %q", first, second)
		}
		names = append(names, first)
	}
	if names[0] == names[1] {
		t.Errorf("two programs have the same name: %s", names[0])
	}
}

// printed is what a program prints.
func printed(t *testing.T, file string) string {
	t.Helper()
	out, err := exec.Command(file).CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
