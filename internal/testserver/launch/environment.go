package launch

// The environment in which programs find the servers that others have started
// for them.
const (
	RedisVariable     = "LARDER_TEST_REDIS"     // host:port
	MemcachedVariable = "LARDER_TEST_MEMCACHED" // host:port
	PostgresVariable  = "LARDER_TEST_POSTGRES"  // a connection URL of a superuser

	// RequireVariable is "1" where a test without its server fails; otherwise
	// it is skipped.
	RequireVariable = "LARDER_REQUIRE_SERVERS"
)
