package pgstore_test

import (
	"fmt"

	"github.com/larder-go/larder/backends/pgstore"
)

// The statement to paste into a migration.
func ExampleTableSQL() {
	sql, err := pgstore.TableSQL(pgstore.Options{Schema: "shop", Table: "cache"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(sql)
	// Output:
	// DO $larder$ BEGIN
	//     CREATE UNLOGGED TABLE "shop"."cache" (
	//         key     bytea       PRIMARY KEY,
	//         value   bytea       NOT NULL,
	//         expires timestamptz NOT NULL
	//     );
	//     ALTER TABLE "shop"."cache" ALTER COLUMN value SET STORAGE EXTERNAL;
	//     CREATE INDEX ON "shop"."cache" (expires);
	// END $larder$
}
