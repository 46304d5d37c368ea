package api

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"butlerd/host/schedule"
)

// example is a call in testdata/examples.md, with what it shows as the answer.
type example struct {
	method, path, body string
	answer             string
}

// curl is a call of the examples: the command up to the pipe, then what curl and
// json_pp print.
var (
	curl     = regexp.MustCompile(`(?s)~ curl (.*?) \| json_pp\n.*?\n([\[{].*?)\n(?:➜|` + "```" + `)`)
	curlVerb = regexp.MustCompile(`-X "(\w+)"`)
	curlURL  = regexp.MustCompile(`"http://192\.168\.1\.168:8080(\S+?)"`)
	curlBody = regexp.MustCompile(`(?s)-d \$'(.*)'`)
)

func examples(t *testing.T) []example {
	t.Helper()
	text, err := os.ReadFile("testdata/examples.md")
	if err != nil {
		t.Fatal(err)
	}
	var list []example
	for _, call := range curl.FindAllStringSubmatch(string(text), -1) {
		e := example{method: http.MethodGet, path: curlURL.FindStringSubmatch(call[1])[1], answer: call[2]}
		if verb := curlVerb.FindStringSubmatch(call[1]); verb != nil {
			e.method = verb[1]
		}
		if body := curlBody.FindStringSubmatch(call[1]); body != nil {
			e.body = body[1]
		}
		list = append(list, e)
	}
	return list
}

// TestExamples sends each example in order. What the examples show must come out:
// members, types and values, but for ids and instants of what is created.
func TestExamples(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.exampleSchedule("3702cec1-b6c8-463e-bda3-58d6a94dd9ac", "Every 2 hours", "* */2 * * *", "Europe/London", "tag 3")
	list := examples(t)
	if len(list) != 7 {
		t.Fatalf("%d examples", len(list))
	}
	vars := map[string]string{} // ids of the examples that are other ones here
	for i, e := range list {
		if strings.Contains(e.path, "fb9b16f1-e2cf-4291-8036-24ef90efa300") && vars["fb9b16f1"] == "" {
			// The examples go on with a schedule that was made on another day.
			vars["fb9b16f1"] = "known"
			b.exampleSchedule("fb9b16f1-e2cf-4291-8036-24ef90efa300", "Every 5 sec", "*/5 * * * * *", "Europe/Stockholm", "tag 1")
			b.send(http.MethodPut, "/v4/schedules/fb9b16f1-e2cf-4291-8036-24ef90efa300/stop", "")
		}
		path := strings.ReplaceAll(e.path, "b028d0a2-7116-41bf-b15a-4f01bd126464", vars["b028d0a2"])
		a := b.send(e.method, path, e.body, exampleHeader(e)...)
		got := parseJSON(t, a.Body)
		if e.method == http.MethodPost {
			vars["b028d0a2"], _ = got.(map[string]any)["id"].(string)
		}
		want := parseJSON(t, volatile(e.answer, vars["b028d0a2"]))
		if wrong := match(want, got, "answer"); wrong != nil {
			t.Errorf("example %d, %s %s: %s", i+1, e.method, path, strings.Join(wrong, "; "))
		}
		if e.path != "/v4/schedules?id=Manually-added-schedule-1" && a.Status >= 300 || a.Header.Get("Content-Type") != "application/json; charset=utf-8" {
			t.Errorf("example %d: %d %s", i+1, a.Status, a.Header.Get("Content-Type"))
		}
	}
}

func exampleHeader(e example) []string {
	if e.body == "" {
		return nil
	}
	return []string{asJSON}
}

// exampleSchedule makes a schedule that the examples take for given.
func (b *bundle) exampleSchedule(id, name, cron, zone, tag string) {
	b.t.Helper()
	_, err := b.registry.Create(context.Background(), schedule.Definition{
		ID: id, Name: name, Cron: cron, Timezone: zone, Tags: []string{tag, "abc 123 åäö"},
		Startup: schedule.StartupStarted, Overlap: schedule.OverlapAllow,
		Action: schedule.Action{Type: reloadAction, Arguments: json.RawMessage(`{"task_id":"` + knownTask + `"}`)},
	}, byAPI)
	if err != nil {
		b.t.Fatal(err)
	}
}

var created = regexp.MustCompile(`"created" : "[^"]*"`)

func volatile(answer, id string) string {
	answer = created.ReplaceAllLiteralString(answer, `"created" : "${timestamp}"`)
	return strings.ReplaceAll(answer, "b028d0a2-7116-41bf-b15a-4f01bd126464", id)
}
