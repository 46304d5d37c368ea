package storetest

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

func textCases() []Case {
	return []Case{
		{Name: "text comes back whatever its characters are", test: textComesBack},
		{Name: "text up to the limits comes back", test: textUpToLimits},
		{Name: "text beyond the limits is refused", test: textBeyondLimits},
		{Name: "times come back in UTC, to the microsecond", test: timesComeBack},
	}
}

// odd are texts that engines, drivers and encodings have stumbled over.
func odd() []string {
	return []string{
		"åäö ÅÄÖ ß", "日本語のスケジュール", "עברית و العربية", "🕰️👩🏽‍🚀🏴󠁧󠁢󠁳󠁣󠁴󠁿", "e\u0301 é", "\u202e\u200d\ufeff\u2028",
		"'; DROP TABLE runs; --", `"quoted" \back\slash\ %s $1 ?1 :a @b`, " spaces \t and\r\nlines ", "\u007f\u0080\u009f", "\U0010ffff\ufffd", "<a&b>",
	}
}

func textComesBack(f *fixture) {
	for _, text := range odd() {
		s := a(text)
		s.Name, s.Description, s.Tags, s.Origin = text, text, []string{text}, text
		quoted, err := json.Marshal(text)
		f.check("quoting", err)
		s.Extra = map[string]json.RawMessage{text: json.RawMessage(`"x"`)}
		f.change(create(s, minute(0)))
		d := due(text, 1)
		d.Name, d.Action, d.Plugin, d.RunID = text, text, text, text
		f.claim(1, d)
		end := ending(text)
		end.Summary, end.Error, end.Result = text, text, quoted
		end.Entries[0].Text, end.Entries[0].Level, end.Entries[0].Attributes = text, text, json.RawMessage(`{"a":`+string(quoted)+`}`)
		done, err := f.st.End(f.ctx, end)
		f.check("ending", err)
		equal(f, "whether it was ended", done, true)
		r, attempts := f.run(text)
		equal(f, "the run's texts", []string{r.ID, r.ScheduleID, r.ScheduleName, r.Action, r.Plugin, r.Summary, r.Error},
			[]string{text, text, text, text, text, text, text})
		equal(f, "the attempt's result", string(attempts[0].Result), string(quoted))
		equal(f, "the log", f.log(text), end.Entries)
		s.Version, s.Since = 1, minute(0)
		all := f.schedules()
		equal(f, "the schedule", all[len(all)-1], s)
		equal(f, "the number of firings", len(f.firings(text)), 1)
	}
}

// long is text of so many bytes, with a character of three at its end.
func long(bytes int) string { return strings.Repeat("x", bytes-3) + "日" }

func textUpToLimits(f *fixture) {
	s := a(long(store.MaxText))
	s.Name, s.Description = long(store.MaxText), long(store.MaxDocument/2)
	f.change(create(s, minute(0)))
	equal(f, "the description", f.schedules()[0].Description, s.Description)
	d := due(s.ID, 1)
	d.RunID, d.Name = "r", s.Name
	f.claim(1, d)
	end := ending("r")
	end.Summary, end.Error, end.Result = long(store.MaxText), long(store.MaxText), json.RawMessage(`"`+long(store.MaxDocument-2)+`"`)
	end.Entries[0].Text = long(store.MaxDocument)
	_, err := f.st.End(f.ctx, end)
	f.check("ending", err)
	r, attempts := f.run("r")
	equal(f, "the run's texts", []bool{r.Summary == end.Summary, r.Error == end.Error, r.ScheduleID == s.ID}, []bool{true, true, true})
	equal(f, "the result", string(attempts[0].Result) == string(end.Result), true)
	equal(f, "the log's text", f.log("r")[0].Text == end.Entries[0].Text, true)
}

func textBeyondLimits(f *fixture) {
	f.create("s")
	f.claim(1, due("s", 1), waiting("s", 2))
	before := f.dump()
	text, document := long(store.MaxText+1), long(store.MaxDocument+1)
	id := runID("s", 1)
	summary, result, line := ending(id), ending(id), ending(id)
	summary.Summary, result.Result, line.Entries[1].Text = text, json.RawMessage(document), document
	long, wide := a(text), a("wide")
	wide.Description = document
	asked := f.asked("r", "s")
	asked.Run.By = text
	named := due("s", 3)
	named.Name = text
	for name, refused := range map[string]error{
		"an id":           second(f.st.Change(f.ctx, []store.Change{create(long, minute(0))})),
		"a definition":    second(f.st.Change(f.ctx, []store.Change{create(a("new"), minute(0)), create(wide, minute(0))})),
		"a name":          second(f.st.Claim(f.ctx, store.Claim{HostID: host, At: minute(3), Until: minute(3), Due: []store.Due{due("s", 9), named}})),
		"a summary":       second(f.st.End(f.ctx, summary)),
		"a result":        second(f.st.End(f.ctx, result)),
		"a last line":     second(f.st.End(f.ctx, line)),
		"a line":          f.st.Log(f.ctx, host, []run.LogEntry{entry("r", 1, 1), line.Entries[1]}),
		"an error":        second(f.st.Abandon(f.ctx, store.Abandon{RunID: runID("s", 2), State: run.Failed, Error: text})),
		"who asked":       third(f.st.Trigger(f.ctx, asked)),
		"what to leave":   second(f.st.Take(f.ctx, store.Take{HostID: host, Limit: 1, Plugin: "qlik", Except: []string{text}})),
		"a host's name":   second(f.st.Join(f.ctx, store.Host{ID: "host-2", Name: text})),
		"a report":        second(f.st.Join(f.ctx, store.Host{ID: "host-2", Report: store.Report{Version: document}})),
		"a missed firing": second(f.st.Miss(f.ctx, []run.Firing{absence(text, 1)})),
	} {
		if !errors.Is(refused, store.ErrTooLarge) {
			f.Errorf("%s that is too large: got the error %v", name, refused)
		}
	}
	equal(f, "the ledger", f.dump(), before)
}

func second[T any](_ T, err error) error { return err }

func third[T, U any](_ T, _ U, err error) error { return err }

func timesComeBack(f *fixture) {
	zone := time.FixedZone("far", 14*60*60)
	at := time.Date(2026, 3, 1, 12, 0, 0, 123456789, zone)
	want := time.Date(2026, 2, 28, 22, 0, 0, 123456000, time.UTC)
	s := a("s")
	s.CreatedAt = at
	equal(f, "the times of a change's answer", times(f.change(create(s, at))), []time.Time{want, want})
	equal(f, "the times of a schedule", times(f.schedules()), []time.Time{want, want})
	f.check("settling", f.st.Settled(f.ctx, host, at))
	f.settled(want)
	asked := f.asked("r", "s")
	asked.Run.CreatedAt, asked.Run.DueAt = at, time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC)
	f.trigger(asked)
	r, attempts := f.run("r")
	equal(f, "the times of a run", []time.Time{r.CreatedAt, r.StartedAt, attempts[0].StartedAt, r.DueAt}, []time.Time{want, want, want, asked.Run.DueAt})
}

func times(all []store.Schedule) []time.Time { return []time.Time{all[0].CreatedAt, all[0].Since} }
