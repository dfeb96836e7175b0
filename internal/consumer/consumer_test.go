package consumer

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const larder = "github.com/larder-go/larder"

// program is one of testdata, with its own requirements beside that of larder.
type program struct {
	own map[string]string // versions by module

	// raised has the versions that the program gets instead, since larder requires them.
	// CONTRIBUTING.md says why.
	raised map[string]string

	// without are modules that larder requires and that are not built into the program.
	without []string
}

var programs = map[string]program{
	"memory": {
		own: map[string]string{
			"github.com/jackc/pgx/v5":      "v5.7.6",
			"github.com/redis/go-redis/v9": "v9.14.0",
		},
		raised: map[string]string{
			"github.com/jackc/pgx/v5":      "v5.9.2",
			"github.com/redis/go-redis/v9": "v9.22.0",
		},
		without: []string{"github.com/bradfitz/gomemcache", "github.com/gofrs/flock", "github.com/gin-gonic/gin", "github.com/labstack/echo/v4"},
	},
	"gin": {
		own:     map[string]string{"github.com/gin-gonic/gin": "v1.9.1"},
		without: []string{"github.com/jackc/pgx/v5", "github.com/redis/go-redis/v9", "github.com/labstack/echo/v4"},
	},
	"echo": {
		own:     map[string]string{"github.com/labstack/echo/v4": "v4.15.4"},
		without: []string{"github.com/jackc/pgx/v5", "github.com/redis/go-redis/v9", "github.com/gin-gonic/gin"},
	},
}

// larder is not to raise what a program requires itself, except where an older release has
// a known advisory or does not compile.
func TestAProgramGetsTheVersionsThatAreListed(t *testing.T) {
	for name, p := range programs {
		t.Run(name, func(t *testing.T) {
			dir := p.write(t, name)
			run(t, dir, "build", "-o", os.DevNull, ".")

			want := maps.Clone(p.own)
			maps.Copy(want, p.raised)
			for module, version := range want {
				if got := run(t, dir, "list", "-m", "-f", "{{.Version}}", module); got != version {
					t.Errorf("a program that requires %s %s gets %s; want %s", module, p.own[module], got, version)
				}
			}
			built := strings.Fields(run(t, dir, "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "."))
			for _, module := range p.without {
				if slices.Contains(built, module) {
					t.Errorf("%s is built into the program", module)
				}
			}
		})
	}
}

// write makes a module of the program, which gets larder from this checkout.
func (p program) write(t *testing.T, name string) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	mod := "module example.org/" + name + "\n\ngo 1.25.0\n\nrequire " + larder + " v0.0.0\nreplace " + larder + " => " + root + "\n"
	for module, version := range p.own {
		mod += "require " + module + " " + version + "\n"
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), []byte(mod))
	// What is compiled is verified: it has the versions of this repository.
	for from, to := range map[string]string{filepath.Join(root, "go.sum"): "go.sum", filepath.Join("testdata", name, "main.go"): "main.go"} {
		data, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, to), data)
	}
	return dir
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// run returns what the go command writes. It looks for modules in the module cache first,
// so that it needs no network if they are there.
func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", args...)
	command.Dir = dir
	command.Env = append(os.Environ(),
		"GOPROXY=file://"+goenv(t, "GOMODCACHE")+"/cache/download,"+goenv(t, "GOPROXY"),
		"GOFLAGS=-mod=mod", "GOWORK=off", "GONOSUMDB=*")
	var failure strings.Builder
	command.Stderr = &failure
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, failure.String())
	}
	return strings.TrimSpace(string(out))
}

func goenv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
