# The tour of butlerd's configuration. It is also a working start:
#
#   go run ./cmd/butlerd dev
#
# runs it against a simulator of Qlik Sense. For a real site set the three
# variables below (see README.md) and run `butlerd serve -config config.hcl`.
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
# BUTLERD_VAR_NAME, else by its default. `butlerd dev` sets these three.

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

variable "sense_certs" {
  type        = string
  default     = "data/qrs-simulator"
  description = "Directory of client.pem, client_key.pem and root.pem, as exported from Qlik Sense"
}

# ----------------------------------------------------------------- plugins ---

# A plugin is a process of its own. This one comes with butlerd; another is named
# with path = "…" and, better, pinned with sha256 = "…".

plugin "qlik-sense-reload" {
  max_concurrent = 100

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

  action "qlik-sense-reload" {
    task_name = "Fails always"
    log_tail  = 10
  }
}

# The macros and @every work too. @every counts from a fixed moment, so that a
# restart does not shift it.

schedule "by-tag" {
  cron     = "@every 90s"
  timezone = "UTC"
  tags     = ["demo"]

  # What to do while an earlier run is open: skip (the default; the firing is
  # recorded as skipped) or allow.
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
