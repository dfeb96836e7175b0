package main

import (
	"errors"
	"flag"
	"os"
	"runtime"
	"runtime/pprof"
)

// profiles are the files for profiles, "" for those that are not wanted.
type profiles struct{ cpu, mutex, block string }

func (p *profiles) flags(set *flag.FlagSet) {
	set.StringVar(&p.cpu, "profile", "", "`file` for a CPU profile")
	set.StringVar(&p.mutex, "mutexprofile", "", "`file` for a profile of the locks that were waited for")
	set.StringVar(&p.block, "blockprofile", "", "`file` for a profile of everything that goroutines waited for")
}

// start begins to collect what the profiles are of. stop writes them.
func (p profiles) start() (stop func() error, err error) {
	if p.mutex != "" {
		runtime.SetMutexProfileFraction(1)
	}
	if p.block != "" {
		runtime.SetBlockProfileRate(1)
	}
	stopCPU := func() error { return nil }
	if p.cpu != "" {
		file, err := os.Create(p.cpu)
		if err != nil {
			return nil, err
		}
		if err := pprof.StartCPUProfile(file); err != nil {
			return nil, errors.Join(err, file.Close())
		}
		stopCPU = func() error {
			pprof.StopCPUProfile()
			return file.Close()
		}
	}
	return func() error {
		return errors.Join(stopCPU(), writeProfile("mutex", p.mutex), writeProfile("block", p.block))
	}, nil
}

// writeProfile writes a profile of this process, unless path is "".
func writeProfile(name, path string) (err error) {
	if path == "" {
		return nil
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return pprof.Lookup(name).WriteTo(file, 0)
}
