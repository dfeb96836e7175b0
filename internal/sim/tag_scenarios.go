package sim

// A tag, as a set.
const (
	tag0 callSet = 1 << iota
	tag1
)

func tagged(process uint8, known callSet) tagCall {
	return tagCall{process: process, action: loadTagged, known: known}
}

func taggedLate(process uint8, late callSet) tagCall {
	return tagCall{process: process, action: loadTagged, late: late}
}

func invalidating(a tagAction, tag uint8) tagCall { return tagCall{process: 2, action: a, tag: tag} }

// tagScenarios are the small worlds of the tag protocol.
var tagScenarios = []tagScenario{
	{
		name:  "two loads and two invalidations",
		calls: []tagCall{tagged(0, tag0), tagged(0, tag0), invalidating(invalidate, 0), invalidating(invalidate, 0)},
		made:  true,
	},
	{
		name:  "two loads and two invalidations, in steps",
		calls: []tagCall{tagged(0, tag0), tagged(0, tag0), invalidating(invalidate, 0), invalidating(invalidate, 0)},
		made:  true, inSteps: true,
	},
	{
		name:  "three reads and an invalidation of one of two tags",
		calls: []tagCall{tagged(0, tag0|tag1), tagged(0, tag0|tag1), tagged(1, tag0|tag1), invalidating(invalidate, 1)},
		made:  true,
	},
	{
		name:  "three reads and an invalidation in steps",
		calls: []tagCall{tagged(0, tag0), tagged(0, tag0), tagged(0, tag0), invalidating(invalidate, 0)},
		made:  true, inSteps: true,
	},
	{
		name:  "invalidations of two tags in steps",
		calls: []tagCall{tagged(0, tag0|tag1), tagged(0, tag0|tag1), invalidating(invalidate, 0), invalidating(invalidate, 1)},
		made:  true, inSteps: true,
	},
	{
		name:  "late tags and an invalidation",
		calls: []tagCall{taggedLate(0, tag0), taggedLate(1, tag0), tagged(0, tag0), invalidating(invalidate, 0)},
	},
	{
		name:    "late tags and an invalidation, in steps",
		calls:   []tagCall{taggedLate(0, tag0), tagged(1, tag0), invalidating(invalidate, 0)},
		inSteps: true,
	},
	{
		name:  "a tag that is known and one that is late",
		calls: []tagCall{{process: 0, action: loadTagged, known: tag0, late: tag1}, tagged(1, tag0|tag1), invalidating(invalidate, 0), invalidating(invalidate, 1)},
	},
	{
		name:  "records and counts are lost",
		calls: []tagCall{tagged(0, tag0), tagged(0, tag0), invalidating(invalidate, 0)},
		spare: tagFaults{evictions: 2},
	},
	{
		name:  "records and counts are lost between steps",
		calls: []tagCall{tagged(0, tag0), tagged(0, tag0), invalidating(invalidate, 0)},
		spare: tagFaults{evictions: 2}, inSteps: true,
	},
	{
		name:  "records of late tags and counts are lost",
		calls: []tagCall{taggedLate(0, tag0), tagged(0, tag0), invalidating(invalidate, 0)},
		spare: tagFaults{evictions: 2},
	},
	{
		name:  "a record is lost, and made again for another key",
		calls: []tagCall{tagged(0, tag0), {process: 1, action: loadTagged, key: 1, known: tag0}, tagged(0, tag0), invalidating(invalidate, 0)},
		spare: tagFaults{evictions: 1},
	},
	{
		name:  "the count is lost, and comes to the number of a look-up again",
		calls: []tagCall{taggedLate(0, tag0), tagged(1, tag0), tagged(1, tag0), invalidating(invalidate, 0)},
		spare: tagFaults{evictions: 1}, made: true,
	},
	{
		name:  "records of late tags and counts are lost between steps",
		calls: []tagCall{taggedLate(0, tag0), tagged(0, tag0), invalidating(invalidate, 0)},
		spare: tagFaults{evictions: 2}, inSteps: true,
	},
	{
		name:  "an invalidation crashes between its steps",
		calls: []tagCall{tagged(0, tag0), tagged(0, tag0), invalidating(invalidate, 0), invalidating(invalidate, 0)},
		spare: tagFaults{crashes: 1}, inSteps: true, made: true,
	},
	{
		name:  "a client repeats an invalidation",
		calls: []tagCall{tagged(0, tag0), tagged(1, tag0), invalidating(invalidate, 0), invalidating(invalidate, 0)},
		spare: tagFaults{repeats: 1}, made: true,
	},
	{
		name:  "soft and hard invalidations",
		calls: []tagCall{tagged(0, tag0), tagged(0, tag0), invalidating(invalidateSoftly, 0), invalidating(invalidate, 0)},
		made:  true,
	},
	{
		name:  "soft and hard invalidations in steps",
		calls: []tagCall{tagged(0, tag0), tagged(1, tag0), invalidating(invalidateSoftly, 0), invalidating(invalidate, 0)},
		made:  true, inSteps: true,
	},
	{
		name: "an entry with too many tags",
		calls: []tagCall{
			{process: 0, action: loadTagged, known: tag0, beyond: tag1}, {process: 1, action: loadTagged, known: tag0, beyond: tag1},
			invalidating(invalidate, 1),
		},
		made: true,
	},
	{
		name:  "purges of a prefix",
		calls: []tagCall{tagged(0, tag0), tagged(1, tag0), {action: purgePrefix}, {action: purgePrefix, key: 1}},
		made:  true, hasLog: true,
	},
	{
		name:  "more purges than the log has room for",
		calls: []tagCall{tagged(0, tag0), tagged(1, tag0), {action: purgePrefix}, {action: purgePrefix, key: 1}, {action: purgePrefix, key: 1}},
		made:  true, hasLog: true,
	},
	{
		name:  "the log of purges is lost",
		calls: []tagCall{tagged(0, tag0), tagged(1, tag0), {action: purgePrefix}, {action: purgePrefix, key: 1}},
		spare: tagFaults{evictions: 1}, hasLog: true, made: true,
	},
	{
		name:  "purges of a prefix, with a log of its own",
		calls: []tagCall{tagged(0, tag0), tagged(0, tag0), tagged(1, tag0), {action: purgePrefix}},
		made:  true, hasLog: true, splitLog: true,
	},
	{
		name:  "two purges, with a log of its own",
		calls: []tagCall{tagged(0, tag0), tagged(0, tag0), {action: purgePrefix}, {action: purgePrefix, key: 1}},
		made:  true, hasLog: true, splitLog: true,
	},
	{
		name:  "a log of its own is lost",
		calls: []tagCall{tagged(0, tag0), tagged(0, tag0), tagged(1, tag0), {action: purgePrefix}},
		spare: tagFaults{evictions: 1}, hasLog: true, splitLog: true, made: true,
	},
}
