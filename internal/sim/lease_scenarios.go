package sim

// The callers of small worlds.
func load(process uint8) call            { return call{process: process, action: getOrSet} }
func doing(process uint8, a action) call { return call{process: process, action: a} }

// leaseScenarios are the small worlds of the lease protocol.
var leaseScenarios = []leaseScenario{
	{
		name:  "three processes load a cold key",
		calls: []call{load(0), load(1), load(2)}, loads: 1, mustStore: true,
	},
	{
		name:  "two callers of one process and one of another load a cold key",
		calls: []call{load(0), load(0), load(1)}, loads: 1, mustStore: true,
	},
	{
		name:  "two loads, a deletion and a Set",
		calls: []call{load(0), load(1), doing(2, remove), doing(2, set)}, takeOvers: true, limit: true,
	},
	{
		name:  "two loads of one process, a deletion and a read",
		calls: []call{load(0), load(0), doing(1, remove), doing(1, get)},
	},
	{
		name:  "a load, and one that asks after a deletion in another process has returned",
		calls: []call{load(0), load(0), load(1), doing(1, remove)}, takeOvers: true,
	},
	{
		name:  "a load meets a value that is deleted at once",
		calls: []call{load(0), load(0), doing(1, set), doing(1, remove)},
	},
	{
		name:  "a caller has waited for a load of its process",
		calls: []call{load(0), load(0)}, limit: true, mustStore: true,
	},
	{
		name:  "the lease of a streamed page is found, and deleted",
		entry: value{kind: lease, state: alone, id: 99},
		calls: []call{load(0), load(0), load(0), doing(1, remove)},
	},
	{
		name:  "two loads and an Add of a caller",
		calls: []call{load(0), load(1), doing(1, add), doing(2, remove)},
	},
	{
		name:  "a load crashes, and another takes over",
		calls: []call{load(0), load(1), load(2)}, spare: faults{crashed: 1}, takeOvers: true,
	},
	{
		name:  "the lease of a dead holder is found",
		entry: value{kind: lease, id: 99},
		calls: []call{load(0), load(1)}, takeOvers: true, mustStore: true,
	},
	{
		name:  "a lease expires under its holder",
		calls: []call{load(0), load(1), doing(2, remove)}, spare: faults{expired: 1}, takeOvers: true,
	},
	{
		name:  "a slow load is taken over, and what its successor has stored is deleted",
		calls: []call{load(0), load(1), doing(2, remove)}, spare: faults{renewals: 1}, takeOvers: true,
	},
	{
		name:  "a renewal has no answer",
		calls: []call{load(0), load(1)}, spare: faults{renewals: 2, lostRenewals: 1}, mustStore: true,
	},
	{
		name:  "renewals have no answer, and what is stored is deleted",
		calls: []call{load(0), doing(2, remove)}, spare: faults{renewals: 2, lostRenewals: 2}, takeOvers: true,
	},
	{
		name:  "answers are lost, and requests arrive late",
		calls: []call{load(0), load(1), doing(2, remove)}, spare: faults{lost: 1}, takeOvers: true,
	},
	{
		name:  "a client repeats its request",
		calls: []call{load(0), load(1), doing(2, remove)}, spare: faults{repeated: 1},
	},
	{
		name:  "a load fails",
		calls: []call{load(0), load(1), load(2)}, spare: faults{failing: 1},
	},
	{
		name:  "a load is given up",
		calls: []call{load(0), load(1), load(2)}, spare: faults{givenUp: 1}, mustStore: true,
	},
	{
		name: "a page asks its own site, and is streamed",
		calls: []call{
			{process: 0, action: getOrSet, streams: true, needs: 2},
			{process: 1, action: getOrSet, overHTTP: true},
		},
		spare: faults{renewals: 1}, limit: true, mustStore: true,
	},
	{
		name: "a page asks its own site, and waits for nobody",
		calls: []call{
			{process: 0, action: getOrSet, needs: 2},
			{process: 1, action: getOrSet, overHTTP: true, noWait: true},
		},
		mustStore: true,
	},
	{
		name: "two loads need each other",
		calls: []call{
			{process: 0, action: getOrSet, key: 0, needs: 3}, {process: 1, action: getOrSet, key: 1, needs: 4},
			{process: 0, action: getOrSet, key: 1}, {process: 1, action: getOrSet, key: 0},
		},
	},
	{
		name:  "a load never ends, and its lease is renewed",
		calls: []call{{process: 0, action: getOrSet, needs: 3}, load(1), {process: 0, action: getOrSet, key: 1, hangs: true}},
		limit: true,
	},
	{
		name:  "a stale entry is refreshed, and deleted",
		entry: value{kind: data, stale: true, id: 99},
		calls: []call{refresh(0), refresh(1), doing(2, remove), doing(2, get)}, limit: true,
	},
	{
		name:  "a stale entry is refreshed once for all",
		entry: value{kind: data, stale: true, id: 99},
		calls: []call{refresh(0), refresh(1), load(2)}, loads: 1, mustStore: true,
	},
	{
		name:  "a stale entry is refreshed by two callers of one process, and deleted",
		entry: value{kind: data, stale: true, id: 99},
		calls: []call{refresh(0), refresh(0), doing(1, remove)}, limit: true,
	},
	{
		name:  "an entry is marked stale, and deleted",
		entry: value{kind: data, id: 99},
		calls: []call{doing(0, markStale), doing(1, remove), doing(1, get), load(2)},
	},
	{
		name:  "the lease of a dead holder is touched",
		entry: value{kind: lease, id: 99},
		calls: []call{doing(0, touch)},
	},
	{
		name:  "plain operations meet a lease",
		calls: []call{load(0), doing(1, get), doing(1, touch), doing(2, remove), doing(2, add)},
	},
}

// refresh is a caller that is not content with a stale entry.
func refresh(process uint8) call { return call{process: process, action: getOrSet, refuses: true} }
