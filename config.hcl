# The tour of butlerd's configuration. It is also a working start:
#
#   go run ./cmd/butlerd dev
#
# runs it against simulators of Qlik Sense. For a real site set the variables below
# (see README.md) and run `butlerd serve -config config.hcl`.
# `butlerd validate` checks a file and points at what is wrong.

# ---------------------------------------------------------------- the host ---

host {
  # Where the API listens. Other machines are let in only when the file says so,
  # with allow_remote_without_authentication = true.
  listen = "127.0.0.1:8080"

  # The ledger of every firing and run, and the certificates of the simulator.
  data_dir = "data"

  # The time zone of schedules that name none. Without this line each has to.
  timezone = "Europe/Stockholm"

  # How long runs may go on when the host is stopped, before they are asked to
  # end.
  shutdown_grace = "10s"
}

# How much of the past is kept: what is older than this goes, and of runs what is
# beyond the latest million. Both are the defaults.
history {
  keep      = "90d"
  keep_runs = 1000000
}

# ----------------------------------------------------------------- the API ---

# What callers of the API may do. Without the block all operations of /v4 are there,
# every reload task may be started, and no file may be touched.
#
#   api {
#     # Operations of /v4 that are answered as unknown routes are, by their names in
#     # Butler (GET /v4/configfile/endpointsenabled lists them).
#     disable = ["fileDelete", "createDir"]
#
#     # Of one client, by its address; 0 is no limit. Without this line there is none on
#     # a loopback address, and 1200 elsewhere.
#     requests_per_minute = 600
#
#     # With this block only these tasks may be started over the API.
#     start_task_filter {
#       task_ids = ["0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"]
#       tags     = ["startTask1"]
#
#       custom_property {
#         name  = "taskGroup"
#         value = "tasks1"
#       }
#     }
#
#     # Bounds of the key-value store. These are the defaults.
#     key_value_store {
#       max_keys       = 1000 # of a namespace
#       max_namespaces = 1000
#       max_bytes      = 67108864
#     }
#
#     # The directories in which callers may do something, subdirectories included.
#     # Relative ones are relative to this file.
#     files {
#       delete = ["/srv/butler/drop"]
#       create = ["/srv/butler/new"]
#       qvd    = "/srv/butler/qvd"
#
#       copy {
#         from = "/srv/butler/in"
#         to   = "/srv/butler/out"
#       }
#       move {
#         from = "/srv/butler/in"
#         to   = "/srv/butler/done"
#       }
#     }
#   }

# ----------------------------------------------------------- several hosts ---

# Without a store block the ledger is an SQLite file in data_dir, and this is the
# only host. Several hosts share the work through PostgreSQL: they get the same
# files and this block, and that is all. examples/cluster has it to try.
#
#   store "postgres" {
#     url = env("DATABASE_URL") # or "host=… dbname=…"; shown nowhere
#
#     # How long a host that is not heard of keeps its work, before the others
#     # take it over.
#     lease = "10s"
#
#     # true when the URL leads to a pooler in transaction mode.
#     pooler = false
#   }
#
# The host block may say who the host is, and what is special about it:
#
#   host {
#     name   = "north-1" # without it: the name of the machine
#     labels = { zone = "north" }
#   }
#
# A schedule may ask for that. A firing waits so long for such a host, and is then
# recorded as missed:
#
#   schedule "only-in-the-north" {
#     cron     = "@hourly"
#     timezone = "UTC"
#
#     placement {
#       labels = { zone = "north" }
#       wait   = "5m" # 1m when it is not said
#     }
#     action "qlik-sense-reload" {
#       task_name = "Reload task of App1"
#     }
#   }

# --------------------------------------------------------------- variables ---

# A variable is set by -var NAME=VALUE, else by the environment variable
# BUTLERD_VAR_NAME, else by its default. `butlerd dev` sets these.

variable "sense_host" {
  type        = string
  default     = "127.0.0.1"
  description = "Central node of the Qlik Sense site"
}

variable "sense_port" {
  type        = number
  default     = 4242
  description = "Port of the Qlik Sense Repository Service"
}

variable "engine_port" {
  type        = number
  default     = 4747
  description = "Port of the Qlik engine"
}

variable "sense_certs" {
  type        = string
  default     = "data/qrs-simulator"
  description = "Directory of client.pem, client_key.pem and root.pem, as exported from Qlik Sense"
}

# ------------------------------------------------------------------- pools ---

# A pool limits what runs at a time, across schedules. Qlik Sense runs four reloads
# on a node at a time (its default), lets others queue, and drops what has waited
# there for 30 minutes. So they wait here: the highest priority first, then what was
# due first, and what is given up says so.

pool "qlik-reloads" {
  slots    = 4
  max_wait = "30m"
}

# ----------------------------------------------------------------- plugins ---

# A plugin is a process of its own. This one comes with butlerd; another is named
# with path = "…" and, better, pinned with sha256 = "…".

plugin "qlik-sense-reload" {
  max_concurrent = 100

  # The pool of all schedules with actions of this plugin, unless one names another.
  pool = "qlik-reloads"

  # The plugin publishes what may stand here, so that a slip is found at load, with
  # file and line.
  config {
    host        = var.sense_host
    port        = var.sense_port
    client_cert = "${var.sense_certs}/client.pem"
    client_key  = "${var.sense_certs}/client_key.pem"
    root_cert   = "${var.sense_certs}/root.pem"
  }
}

# This one reloads and dumps apps for callers of /v4/app. Others that come with butlerd:
# mqtt, slack, newrelic, exec. `butlerd plugin list` says what those of a configuration
# can do.

plugin "qlik-sense-app" {
  config {
    host        = var.sense_host
    port        = var.engine_port
    client_cert = "${var.sense_certs}/client.pem"
    client_key  = "${var.sense_certs}/client_key.pem"
    root_cert   = "${var.sense_certs}/root.pem"
  }
}

# --------------------------------------------------------------- calendars ---

# A calendar is a set of times: the public holidays of countries, dates
# ("2026-12-24", "12-24" of every year, "2026-07-01..2026-07-31"), the events of a
# file (ics = "closed.ics"), and the days of other calendars (include). Weekdays and
# windows limit these, or all days; what exclude names is taken away.

calendar "swedish-holidays" {
  holidays = ["SE"]
}

calendar "business-hours" {
  weekdays = ["MON-FRI"]
  windows  = ["07:00-18:00"]
  exclude  = ["swedish-holidays"]
}

# ----------------------------------------------------------- notifications ---

# A rule runs an action of a plugin: after so many failures in a row, when it works
# again, and when firings were missed. Schedules name the rules that they follow. In
# the action, parent is the run that ended.

notify "monitoring" {
  after_failures = 3
  on_recovery    = true
  on_missed      = true

  # Any plugin will do; here an app that shows what runs is reloaded.
  action "qlik-sense-reload" {
    task_name = "Reload task of App4"
  }
}

# --------------------------------------------------------------- schedules ---

# The label is the schedule's id. Five fields count from the minute, six from the
# second.

schedule "every-20-seconds" {
  name = "A quick one, to see something happen"
  cron = "*/20 * * * * *"
  tags = ["demo"]

  action "qlik-sense-reload" {
    task_id = "e3b27f50-b1c0-4879-88fc-c7cdd9c1cf3e"
  }
}

schedule "every-minute-fails" {
  name        = "Shows what a failed reload looks like"
  description = "The simulator lets this task fail; the end of its script log is kept with the run."
  cron        = "* * * * *"
  tags        = ["demo"]

  # A reload that takes longer is given up.
  timeout = "10m"

  # Another attempt after 5 seconds, and a third one after 10 more.
  retry {
    attempts    = 3
    backoff     = "5s"
    max_backoff = "10s"
  }
  notify = "monitoring"

  action "qlik-sense-reload" {
    task_name = "Fails always"
    log_tail  = 10
  }
}

# Several cron lines are one schedule, and calendars say which of their instants
# count.

schedule "sales" {
  cron     = ["0 8-17 * * *", "30 12 * * FRI"]
  calendar = "business-hours"
  # With shift = "next" an instant on a day that the calendar does not have would
  # move to the next day that it has.

  # For one single time, with or without cron: at = "2030-12-31T18:00:00". From when
  # and until when it fires: starts_at and ends_at.

  # Each firing starts up to two minutes after its instant. How much is computed from
  # the instant, so that it can be told beforehand and afterwards. A firing whose
  # schedule is changed meanwhile is recorded as skipped.
  jitter = "2m"

  # Runs of a higher priority get free slots first; 0 is the usual one.
  priority          = 10
  expected_duration = "4m" # what simulations reckon with

  # One firing waits for the end of the run before it. One that comes while it waits
  # is recorded as skipped.
  overlap     = "queue"
  queue_limit = 1

  # After an outage the latest of the missed firings is run, if it was due less than
  # two hours ago. The others are recorded as missed.
  catch_up {
    mode   = "last"
    within = "2h"
  }

  # What became of an attempt may not be known, when its host died say. Then there is
  # another one; without the next line the run would be lost.
  on_lost = "retry"
  retry {
    attempts = 2
    backoff  = "1m"
  }

  # What follows a run: on_success, on_failure, on_end. Other schedules are started,
  # or further actions run.
  on_success {
    start = ["nightly.sales"]
  }
  on_failure {
    action "qlik-sense-reload" {
      task_id = "7552d9fc-d1bb-4975-9a38-18357de531ea"
    }
  }

  action "qlik-sense-reload" {
    task_name = "Reload task of App1"
  }
}

# The macros and @every work too. @every counts from a fixed moment, so that a
# restart does not shift it.

schedule "by-tag" {
  cron     = "@every 90s"
  timezone = "UTC"
  tags     = ["demo"]

  # What to do while an earlier run is open: skip (the default; the firing is
  # recorded as skipped), queue, replace (the earlier one is cancelled) or allow.
  overlap = "allow"

  action "qlik-sense-reload" {
    tag        = "startTask2"
    if_running = "wait"
  }
}

# One block for several schedules. The ids are nightly.finance and nightly.sales.

locals {
  nightly = {
    finance = { at = "30 4 * * *", task = "Reload task of App1" }
    sales   = { at = "45 4 * * MON-FRI", task = "Reload task of App2" }
  }
}

schedule "nightly" {
  for_each = local.nightly

  name = "Nightly reload of ${each.key}"
  cron = each.value.at
  tags = ["nightly", each.key]

  # started (the default), stopped, or last: what the schedule is when the host
  # starts.
  startup_state = "started"

  action "qlik-sense-reload" {
    task_name      = each.value.task
    stop_on_cancel = true
  }
}
