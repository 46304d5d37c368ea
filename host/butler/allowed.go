package butler

import (
	"butlerd/host/finding"
	"net"
	"slices"
	"strconv"
	"strings"

	"butlerd/host/config"
	"butlerd/host/config/hclfile"
)

// others writes the plugins for services that Butler sends to. Addresses that are
// secrets stay out of the file.
func (c *conversion) others(r *reading) {
	if host := r.text("mqttConfig.brokerHost"); host != "" && r.flag("mqttConfig.enable", false) {
		port := r.number("mqttConfig.brokerPort", 65535)
		if port == 0 {
			port = 1883
		}
		c.file.Space()
		c.file.Block("plugin", "mqtt").Block("config").Text("broker", "tcp://"+net.JoinHostPort(host, strconv.Itoa(port)))
	}
	if r.text("slackNotification.restMessage.webhookURL") != "" {
		c.file.Space()
		b := c.file.Block("plugin", "slack").Block("config")
		b.Comment("The address is a secret: whoever has it can post. Set the variable where butlerd runs.")
		b.Env("webhook_url", "BUTLERD_SLACK_WEBHOOK_URL")
		c.find(finding.Changed, r.node("slackNotification.restMessage.webhookURL").place(), "", "the webhook of Slack is a secret and not in the file: set the environment variable BUTLERD_SLACK_WEBHOOK_URL to it")
	}
	if n := r.node("thirdPartyToolsCredentials.newRelic"); n.there() {
		c.find(finding.Left, n.place(), "", "accounts of New Relic: their keys are secrets; declare the plugin \"newrelic\" with them, read by env()")
	}
}

// api writes what callers may do.
func (c *conversion) api(r *reading) {
	c.file.Space()
	b := c.file.Block("api")
	if off := c.disabled(r); len(off) > 0 {
		b.Texts("disable", off)
	}
	c.startTasks(r, b)
	if n := r.number("keyValueStore.maxKeysPerNamespace", 1_000_000); n > 0 {
		b.Block("key_value_store").Number("max_keys", n)
	}
	c.directories(r, b)
}

// disabled are the operations that are off in Butler, in Butler's order. There one is on
// only where the settings say so: what they do not name is off.
func (c *conversion) disabled(r *reading) []string {
	off, named := map[string]bool{}, map[string]bool{}
	var read func(n node)
	read = func(n node) {
		members, err := n.pairs("restServerEndpointsEnable")
		r.keep(err)
		for _, m := range members {
			switch {
			case m.key == "scheduler" || m.key == "newRelic":
				read(m.value)
			case !slices.Contains(config.Operations(), m.key):
				c.find(finding.Left, m.value.place(), "", "%.100q is no operation that butlerd has", m.key)
			default:
				named[m.key], off[m.key] = m.value.there(), !r.truth(m.value, m.key, false)
			}
		}
	}
	section := r.node("restServerEndpointsEnable")
	read(section)
	c.unnamed(section, named, off)
	if !r.flag("keyValueStore.enable", true) {
		off["keyValueStore"] = true
	}
	if !r.flag("mqttConfig.enable", true) {
		off["mqttPublishMessage"] = true
	}
	if !r.flag("scheduler.enable", true) {
		for _, name := range config.Operations() {
			off[name] = off[name] || strings.Contains(name, "Schedule") // getScheduleStatusAll too
		}
	}
	var list []string
	for _, name := range config.Operations() {
		if off[name] {
			list = append(list, name)
		}
	}
	return list
}

// unnamed turns off what the section does not name.
func (c *conversion) unnamed(section node, named, off map[string]bool) {
	if !section.there() {
		c.find(finding.Trap, section.place(), "", "there is no restServerEndpointsEnable, so all operations were off in Butler; they are in disable here")
	}
	for _, name := range config.Operations() {
		if named[name] {
			continue
		}
		off[name] = true
		if section.there() {
			c.find(finding.Trap, section.place(), "", "%s is not in restServerEndpointsEnable, so it was off in Butler; it is in disable here", name)
		}
	}
}

// startTasks writes which tasks callers may start.
func (c *conversion) startTasks(r *reading, api hclfile.Body) {
	const allow = "startTaskFilter.allowTask."
	ids, tags := r.texts(allow+"taskId"), r.texts(allow+"tag")
	properties := r.twins(allow+"customProperty", "name", "value")
	place := r.node("startTaskFilter").place()
	if !r.flag("startTaskFilter.enable", false) {
		if len(ids)+len(tags)+len(properties) > 0 {
			c.find(finding.Note, place, "", "Butler's filter of tasks was off: callers may start all tasks")
		}
		return
	}
	c.find(finding.Note, place, "", "the filter of tasks holds for all starts over the API; in Butler schedules that were made over it were not asked")
	b := api.Block("start_task_filter")
	b.Texts("task_ids", c.once(ids, place, strings.ToLower, func(id string) bool { return guid.MatchString(id) }))
	b.Texts("tags", c.once(tags, place, nil, fit))
	seen := map[[2]string]bool{}
	for _, p := range properties {
		if seen[p] || !fit(p[0]) || !fit(p[1]) {
			c.find(finding.Left, place, "", "the custom property %.100q with the value %.100q: it is there twice, or empty", p[0], p[1])
			continue
		}
		seen[p] = true
		k := b.Block("custom_property")
		k.Text("name", p[0])
		k.Text("value", p[1])
	}
}

// fit says whether a text can be a name.
func fit(text string) bool { return strings.TrimSpace(text) != "" && tidy(text) == text }

// once are the texts that can be taken, each once.
func (c *conversion) once(list []string, place string, key func(string) string, good func(string) bool) []string {
	kept := []string{}
	seen := map[string]bool{}
	for _, text := range list {
		k := text
		if key != nil {
			k = key(text)
		}
		switch {
		case !good(text):
			c.find(finding.Left, place, "", "%.100q cannot be used here", text)
		case seen[k]:
			c.find(finding.Changed, place, "", "%.100q was there twice", text)
		default:
			seen[k] = true
			kept = append(kept, text)
		}
	}
	return kept
}

// directories writes in which directories callers may do something.
func (c *conversion) directories(r *reading, api hclfile.Body) {
	copies := r.twins("fileCopyApprovedDirectories", "fromDirectory", "toDirectory")
	moves := r.twins("fileMoveApprovedDirectories", "fromDirectory", "toDirectory")
	deletes, qvd := r.texts("fileDeleteApprovedDirectories"), r.text("configDirectories.qvdPath")
	c.find(finding.Note, r.file, "", "createDir made directories anywhere in Butler; here only below those in create of the files block")
	if len(copies)+len(moves)+len(deletes) == 0 && qvd == "" {
		return
	}
	b := api.Block("files")
	if list := c.once(deletes, r.node("fileDeleteApprovedDirectories").place(), nil, c.directory); len(list) > 0 {
		b.Texts("delete", list)
	}
	if c.directory(qvd) {
		b.Text("qvd", qvd)
	}
	c.pairs(b, "copy", copies, r.node("fileCopyApprovedDirectories").place())
	c.pairs(b, "move", moves, r.node("fileMoveApprovedDirectories").place())
	if slices.ContainsFunc(append(deletes, qvd), windows) || slices.ContainsFunc(append(copies, moves...), func(p [2]string) bool { return windows(p[0]) || windows(p[1]) }) {
		c.find(finding.Trap, r.file, "", "directories are those of a Windows machine; on another system they have to be changed")
	}
}

// directory says whether a path can be approved: a whole disk cannot.
func (c *conversion) directory(path string) bool {
	trimmed := strings.TrimRight(path, `/\`)
	return fit(path) && trimmed != "" && (len(trimmed) != 2 || trimmed[1] != ':')
}

func (c *conversion) pairs(b hclfile.Body, typ string, list [][2]string, place string) {
	seen := map[[2]string]bool{}
	for _, p := range list {
		if seen[p] || !c.directory(p[0]) || !c.directory(p[1]) {
			c.find(finding.Left, place, "", "%s from %.100q to %.100q: it is there twice, or names no directory, or all of a disk", typ, p[0], p[1])
			continue
		}
		seen[p] = true
		k := b.Block(typ)
		k.Text("from", p[0])
		k.Text("to", p[1])
	}
}
