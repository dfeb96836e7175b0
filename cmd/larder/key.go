package main

import (
	"encoding/json"
	"fmt"

	"github.com/larder-go/larder/cache"
)

// keyFlags are a part of the commands that work on one key.
type keyFlags struct {
	aliasFlag
	Version *int   `placeholder:"N" help:"The version of the key, instead of the alias's own."`
	Key     string `arg:"" help:"The key as the program has it, without prefix and version."`
}

func (k keyFlags) options() []cache.Option {
	if k.Version == nil {
		return nil
	}
	return []cache.Option{cache.Version(*k.Version)}
}

// notThere is what to say of a key without an entry.
func (k keyFlags) notThere() string { return fmt.Sprintf("%q is not there", k.Key) }

// timeoutFlag is a part of the commands that give an entry a timeout.
type timeoutFlag struct {
	Timeout timeout `placeholder:"5m" help:"When the entry expires: seconds, a duration such as 5m, or never. The alias's own unless given."`
}

// timeout is a cache.Timeout in the forms that settings have.
type timeout struct{ cache.Timeout }

// UnmarshalText reads what the user has typed.
func (t *timeout) UnmarshalText(text []byte) error {
	quoted, err := json.Marshal(string(text))
	if err != nil {
		return err
	}
	return t.UnmarshalJSON(quoted)
}

// keyed is a result about a key, as JSON.
type keyed struct {
	Alias string `json:"alias"`
	Key   string `json:"key"`
}

func (k keyFlags) result() keyed { return keyed{k.Alias, k.Key} }
