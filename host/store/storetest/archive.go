package storetest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

func archiveCases() []Case {
	return []Case{
		{Name: "a ledger is the same in another store", test: archiveComesBack},
		{Name: "a large ledger is the same in another store", Large: true, test: archiveOfMany},
		{Name: "a copy goes on where the ledger stood", test: copyGoesOn},
		{Name: "records come by kind, and by key", test: archiveInOrder},
		{Name: "an empty ledger is exported and imported", test: archiveOfNone},
		{Name: "an archive of before there were policies is imported", test: archiveOfBefore},
		{Name: "an import beside a hold or a seal is refused", test: importBesideHolds},
	}
}

func (f *fixture) export() []store.Record {
	f.Helper()
	var all []store.Record
	f.check("exporting", f.st.Export(f.ctx, func(r store.Record) error {
		all = append(all, store.Record{Kind: r.Kind, Data: slices.Clone(r.Data)})
		return nil
	}))
	return all
}

// everything writes rows of every kind and in every state, with texts of every
// kind and size.
func (f *fixture) everything() {
	f.Helper()
	f.history()
	f.past()
	f.create("b", "a")
	f.change(update(a("b"), minute(1)))
	f.claim(200, due("s", 200), waiting("other", 200), due("a", 200), due("b", 200), due("a", 201))
	f.miss(absence("s", 202), absence("gone", 1))
	f.keep(entry(runID("a", 200), 1, 1), entry(runID("a", 200), 1, 3))
	for i, text := range append(odd(), long(store.MaxText)) {
		s := a(text)
		s.Name, s.Source, s.Origin = text, store.SourceAPI, ""
		s.Extra = map[string]json.RawMessage{"x": json.RawMessage(`[1.50, "<"]`)}
		f.change(create(s, minute(0)))
		d := due(text, 300)
		d.RunID, d.Name = fmt.Sprint("odd ", i, " <ö>"), text
		f.claim(300, d)
		end := ending(d.RunID)
		end.Summary, end.Error, end.Result = text, text, json.RawMessage(` { "a" : [ 1.50, "&" ] } `)
		end.Entries[0].Text = text + long(100<<10)
		end.Entries[1].Attributes = nil
		_, err := f.st.End(f.ctx, end)
		f.check("ending", err)
	}
	f.change(remove("b", minute(400)))
	f.policies()
	f.works()
	f.check("settling", f.st.Settled(f.ctx, host, minute(500).Add(time.Microsecond)))
}

// something writes a row of each kind.
func (f *fixture) something() {
	f.Helper()
	f.create("s", "other", "gone")
	f.change(remove("gone", minute(0)))
	f.claim(1, due("s", 1), waiting("other", 1), due("s", 2))
	f.keep(entry(runID("s", 1), 1, 1), entry(runID("s", 1), 1, 2))
}

// copied is another ledger with the records of this one.
func (f *fixture) copied(records []store.Record) *fixture {
	f.Helper()
	to := f.another()
	f.check("importing", to.st.Import(f.ctx, recordsOf(records)))
	return to
}

func archiveComesBack(f *fixture) {
	f.everything()
	records := f.export()
	to := f.copied(records)
	equal(f, "the copy", to.dump(), f.dump())
	equal(f, "the export of the copy", texts(to.export()), texts(records))
}

// texts are records as they are compared: a difference is shown as text.
func texts(records []store.Record) []string {
	var all []string
	for _, r := range records {
		all = append(all, string(r.Kind)+" "+string(r.Data))
	}
	return all
}

func archiveOfMany(f *fixture) {
	f.create("s", "other")
	for n := 0; n < 3000; n += 1000 {
		f.waitingMany(1000+n, "s")
	}
	for _, r := range f.take(4000, 700) {
		f.end(r.ID, 4000, run.Succeeded)
	}
	var firings []run.Firing
	for n := range 2500 {
		firings = append(firings, absence("other", n))
	}
	f.miss(firings...)
	records := f.export()
	to := f.copied(records)
	equal(f, "the export of the copy", texts(to.export()), texts(records))
	equal(f, "the counts", to.counts(), f.counts())
	equal(f, "how many wait", to.waiting(), f.waiting())
	equal(f, "what is taken next", to.take(4001, 5), f.take(4001, 5))
}

func copyGoesOn(f *fixture) {
	f.everything()
	to := f.copied(f.export())
	for _, f := range []*fixture{f, to} {
		equal(f, "the answers to a claim again", f.claim(600, anew(due("s", 200), due("a", 200))...), make([]store.Claimed, 2))
		equal(f, "the answer beside an open run", f.claim(600, due("a", 600)), []store.Claimed{skipped(run.ReasonOverlap)})
		f.keep(entry(runID("a", 200), 1, 4))
		f.end(runID("a", 200), 601, run.Succeeded)
		equal(f, "the next version of one in force", f.change(update(a("s"), minute(700)))[0].Version, int64(6))
		equal(f, "the next version of one that was deleted", f.change(create(a("b"), minute(700)))[0].Version, int64(3))
		f.take(701, 2)
	}
	equal(f, "the copy", to.dump(), f.dump())
}

func archiveInOrder(f *fixture) {
	f.everything()
	records := f.export()
	var kinds []store.RecordKind
	keys := map[store.RecordKind][]key{}
	for _, r := range records {
		if len(kinds) == 0 || kinds[len(kinds)-1] != r.Kind {
			kinds = append(kinds, r.Kind)
		}
		keys[r.Kind] = append(keys[r.Kind], f.keyOf(r))
	}
	equal(f, "the order of kinds", kinds, store.RecordKinds())
	var created []string
	for _, k := range keys[store.RecordSchedule] {
		created = append(created, k.id)
	}
	equal(f, "the order of schedules", created, ids(f.schedules()))
	for kind, keys := range keys {
		made := kind == store.RecordSchedule || kind == store.RecordNamespace || kind == store.RecordKeyValue // in order of making
		if !made && !slices.IsSortedFunc(keys, key.compare) {
			f.Errorf("the records of %s are not in order", kind)
		}
	}
	equal(f, "how many records of the ledger there are", len(keys[store.RecordLedger]), 1)
}

// key is what a record is ordered by.
type key struct {
	id         string
	first, seq int64
}

func (k key) compare(other key) int {
	return cmp.Or(cmp.Compare(k.id, other.id), cmp.Compare(k.first, other.first), cmp.Compare(k.seq, other.seq))
}

func (f *fixture) keyOf(r store.Record) key {
	f.Helper()
	var of struct {
		ID         string `json:"id"`
		ScheduleID string `json:"schedule_id"`
		RunID      string `json:"run_id"`
		Version    int64  `json:"version"`
		DueAt      int64  `json:"due_at"`
		Number     int64  `json:"number"`
		Attempt    int64  `json:"attempt"`
		Seq        int64  `json:"seq"`
		Day        int64  `json:"day"`
	}
	f.check("reading a record", json.Unmarshal(r.Data, &of))
	switch r.Kind {
	case store.RecordVersion:
		return key{of.ID, of.Version, 0}
	case store.RecordFiring:
		return key{of.ScheduleID, of.DueAt, 0}
	case store.RecordAttempt:
		return key{of.RunID, of.Number, 0}
	case store.RecordLogEntry:
		return key{of.RunID, of.Attempt, of.Seq}
	case store.RecordSeal:
		return key{"", of.Day, 0}
	}
	return key{of.ID, 0, 0}
}

func archiveOfNone(f *fixture) {
	records := f.export()
	equal(f, "the kinds", len(records), 1)
	to := f.copied(records)
	equal(f, "the copy", to.dump(), f.dump())
	f.check("importing nothing", f.another().st.Import(f.ctx, recordsOf(nil)))
}

// policies writes rows with all that policies say, holds and seals.
func (f *fixture) policies() {
	f.Helper()
	f.create("p", "q")
	all := due("p", 450)
	all.Policy = store.Policy{
		Overlap: schedule.OverlapQueue, QueueLimit: 3, Pool: "pool <å>", Priority: -7, MaxWait: time.Hour,
		OnLost: store.OnLostRetry, Attempts: 5, LostWait: 1500 * time.Millisecond, Follow: true,
	}
	caught := all
	caught.DueAt, caught.RunID, caught.Trigger = minute(451), runID("p", 451), run.ByCatchUp
	retried := due("q", 450)
	retried.Policy = store.Policy{Overlap: schedule.OverlapReplace, OnLost: store.OnLostResume, MaxWait: time.Minute}
	f.claim(451, all, caught, retried)
	f.checkpoint(retried.RunID, 1, `{"session": "<å>"}`)
	f.endAgain(retried.RunID, 1, 452, store.Again{ReadyAt: minute(460), MaxWait: time.Minute, Resume: true})
	child := f.asked("child", "q")
	child.Run.Step, child.Run.ParentID, child.Run.Trigger, child.Follow = "on_end", retried.RunID, run.ByChain, true
	f.trigger(child)
	f.end("child", 453, run.Failed)
	f.hold(store.Hold{ID: "h2", All: true, Reason: "<å>", By: "me", Since: minute(470), Until: minute(480), Drain: true})
	f.hold(store.Hold{ID: "h1", Tag: "åäö", Reason: "r", Since: minute(471)})
	f.release("h1", 475)
	f.claim(476, due("q", 474))
	f.seal(seal(1, 12, ""))
	f.seal(seal(2, 0, seal(1, 0, "").Hash))
}

// works writes runs of no schedule, and values.
func (f *fixture) works() {
	f.Helper()
	looks := f.worked("work 1", true)
	looks.OnLost, looks.Follow, looks.Run.IdempotencyKey = store.OnLostResume, true, "key"
	f.trigger(looks)
	followed := f.worked("work 2", true)
	followed.Follow = true
	f.trigger(followed)
	f.trigger(f.worked("work 3", false))
	f.endAgain("work 1", 1, 490, store.Again{ReadyAt: minute(495), Resume: true})
	f.end("work 2", 491, run.Succeeded)
	f.put(1, kv("z", "b", "1"), expiring("a", "k", "2", 5), kv("z", "a", "3"), kv("empty", "", ""), kv("", "", ""))
	f.check("removing", f.st.Remove(f.ctx, minute(1), "empty", ""))
	for i, text := range append(odd(), long(store.MaxKey)) {
		f.put(1, kv(text, text, text+long(100<<10)), expiring("z", text, fmt.Sprint(i), i+1))
	}
}

// archiveOfBefore takes away from an archive what came later.
func archiveOfBefore(f *fixture) {
	f.something()
	f.check("settling", f.st.Settled(f.ctx, host, minute(5)))
	later := map[store.RecordKind][]string{
		store.RecordFiring: {"hold_id"},
		store.RecordRun: {"step", "parent_id", "pool", "priority", "ready_at", "wait_until", "resume", "overlap", "on_lost",
			"max_attempts", "lost_wait", "max_wait", "follow", "work"},
		store.RecordAttempt: {"resumes", "checkpoint"},
		store.RecordLedger:  {"kept_since"},
	}
	records := f.export()
	before := slices.Clone(records)
	for i, r := range before {
		var members map[string]json.RawMessage
		f.check("decoding", json.Unmarshal(r.Data, &members))
		for _, name := range later[r.Kind] {
			if _, there := members[name]; !there {
				f.Errorf("a record of %s has no member %s", r.Kind, name)
			}
			delete(members, name)
		}
		data, err := json.Marshal(members)
		f.check("encoding", err)
		before[i].Data = data
	}
	to := f.copied(before)
	equal(f, "the copy", to.dump(), f.dump())
	equal(f, "the export of the copy", texts(to.export()), texts(records))
}

func importBesideHolds(f *fixture) {
	records := f.export()
	for name, write := range map[string]func(*fixture){
		"a hold": func(f *fixture) { f.hold(store.Hold{ID: "h", All: true, Reason: "r", Since: minute(0)}) },
		"a seal": func(f *fixture) { f.seal(seal(1, 0, "")) },
	} {
		to := f.another()
		write(to)
		if err := to.st.Import(f.ctx, recordsOf(records)); !errors.Is(err, store.ErrExists) {
			f.Errorf("an import beside %s: got the error %v", name, err)
		}
	}
}
