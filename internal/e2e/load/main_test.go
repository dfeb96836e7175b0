package load_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/larder-go/larder/internal/e2e/load"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m, load.OfProxy...) }
