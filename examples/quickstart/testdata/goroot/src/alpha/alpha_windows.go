package alpha

import "beta"

var _ = beta.X
