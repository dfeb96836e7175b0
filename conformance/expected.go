package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// expectation is why some tests need not pass.
type expectation struct {
	Tests   []string // their ids
	Section string   // of the RFC that says otherwise, or that cannot be met
	Reason  string
}

// expectations are by the id of a test.
type expectations map[string]expectation

// readExpectations reads a list of them from a file of JSON.
func readExpectations(file string) (expectations, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	parsed, err := parseExpectations(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return parsed, nil
}

func parseExpectations(text []byte) (expectations, error) {
	var list []expectation
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&list); err != nil {
		return nil, err
	}
	byID := make(expectations)
	for i, e := range list {
		if len(e.Tests) == 0 || e.Section == "" || e.Reason == "" {
			return nil, fmt.Errorf("number %d of the list needs tests, a section and a reason", i+1)
		}
		for _, id := range e.Tests {
			if _, twice := byID[id]; twice {
				return nil, fmt.Errorf("%s is there twice", id)
			}
			byID[id] = e
		}
	}
	return byID, nil
}
