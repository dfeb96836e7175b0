package testserver_test

import (
	"testing"

	"github.com/redis/go-redis/v9/logging"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	logging.Disable() // it would report the servers that tests kill
	goleak.VerifyTestMain(m)
}
