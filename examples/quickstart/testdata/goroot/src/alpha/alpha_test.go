package alpha

import "testing"

func Test(*testing.T) {}
