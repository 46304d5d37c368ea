# Made of the settings and schedules of Butler by `butlerd import butler`. Look at the
# report of the import, and check the file with `butlerd validate`.


schedule "months" {
  # Month "5" became "6": Butler counted months from 0 (January), butlerd counts from 1. If
  # whoever wrote it counted from 1, it fired a month late; then write 5 here.
  # In Butler: 0 6 1 5 *
  # In Butler it was last stopped.
  name     = "First of June"
  created  = "2026-11-23T16:11:20.779Z"
  cron     = "0 6 1 6 *"
  timezone = "Europe/Stockholm"
  overlap  = "allow"
  action "qlik-sense-reload" {
    task_id = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"
  }
}

schedule "months 2" {
  # Month "0-5/2,JAN,*/3,10/1" became "1-6/2,JAN,*/3,11/1": Butler counted months from 0
  # (January), butlerd counts from 1. If whoever wrote it counted from 1, it fired a month
  # late; then write 0-5/2,JAN,*/3,10/1 here.
  # In Butler: 0 6 1 0-5/2,JAN,*/3,10/1 *
  name     = "a"
  cron     = "0 6 1 1-6/2,JAN,*/3,11/1 *"
  timezone = "Europe/Stockholm"
  overlap  = "allow"
  action "qlik-sense-reload" {
    task_id = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"
  }
}

schedule "steps" {
  name     = "a"
  cron     = "30 0 6 1 */3 *"
  timezone = "Europe/Stockholm"
  overlap  = "allow"
  action "qlik-sense-reload" {
    task_id = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"
  }
}

schedule "december" {
  # It never fired: Butler refused its cron expression "0 6 1 12 *" (month "12": it is outside
  # of 0-11, as Butler counts). Here it can, so it is stopped until you start it.
  name          = "a"
  cron          = "0 6 1 12 *"
  timezone      = "Europe/Stockholm"
  startup_state = "stopped"
  overlap       = "allow"
  action "qlik-sense-reload" {
    task_id = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"
  }
}

schedule "weekend" {
  # Day of week "FRI-SUN" became "FRI": Butler took a range that ends in 0 (Sunday, or
  # midnight) for its first value, and fired only then. What was meant may be more.
  # In Butler: 0 6 * * FRI-SUN
  name     = "a"
  cron     = "0 6 * * FRI"
  timezone = "Europe/Stockholm"
  overlap  = "allow"
  action "qlik-sense-reload" {
    task_id = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"
  }
}

schedule "night" {
  # Hour "22-0" became "22": Butler took a range that ends in 0 (Sunday, or midnight) for its
  # first value, and fired only then. What was meant may be more.
  # Day of week "5-0" became "5": Butler took a range that ends in 0 (Sunday, or midnight) for
  # its first value, and fired only then. What was meant may be more.
  # In Butler: 0 22-0 * * 5-0
  name     = "a"
  cron     = "0 22 * * 5"
  timezone = "Europe/Stockholm"
  overlap  = "allow"
  action "qlik-sense-reload" {
    task_id = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"
  }
}

schedule "sunday" {
  # It never fired: Butler refused its cron expression "0 6 * * 7" (day of week "7": it is
  # outside of 0-6, as Butler counts). Here it can, so it is stopped until you start it.
  name          = "a"
  cron          = "0 6 * * 7"
  timezone      = "Europe/Stockholm"
  startup_state = "stopped"
  overlap       = "allow"
  action "qlik-sense-reload" {
    task_id = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"
  }
}

# Not imported: its cron expression: no such date: the day of the month never occurs in the given month(s); Butler moved such dates to other days.
#
# schedule "impossible" {
#   # Month "3" became "4": Butler counted months from 0 (January), butlerd counts from 1. If
#   # whoever wrote it counted from 1, it fired a month late; then write 3 here.
#   # In Butler: 0 0 31 3 *
#   name     = "a"
#   cron     = "0 0 31 4 *"
#   timezone = "Europe/Stockholm"
#   overlap  = "allow"
#   action "qlik-sense-reload" {
#     task_id = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"
#   }
# }

schedule "names" {
  # Minute "JAN" became "0": Butler read names in every field.
  # Minute "1FEB" became "11": Butler read names in every field.
  # In Butler: JAN,1FEB 0 * * mon
  name     = "a"
  cron     = "0,11 0 * * mon"
  timezone = "Europe/Stockholm"
  overlap  = "allow"
  action "qlik-sense-reload" {
    task_id = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"
  }
}

# Not imported: its cron expression: expected 5 fields (minute hour day month weekday) or 6 (second first), found 2.
#
# schedule "garbage" {
#   # It never fired: Butler refused its cron expression "every day" (it has 2 fields, and
#   # Butler takes 5 or 6).
#   name     = "a"
#   cron     = "every day"
#   timezone = "Europe/Stockholm"
#   overlap  = "allow"
#   action "qlik-sense-reload" {
#     task_id = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"
#   }
# }

schedule "other zone" {
  # It says America/New_York, but Butler fired it by the clock of its machine; it stays so, in
  # Europe/Stockholm. If America/New_York was meant, change timezone here.
  name     = "a"
  cron     = "0 6 * * *"
  timezone = "Europe/Stockholm"
  overlap  = "allow"
  action "qlik-sense-reload" {
    task_id = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"
  }
}

schedule "no zone" {
  # It never fired: Butler does not know its time zone "Europe/Stokholm". Here it can, so it
  # is stopped until you start it.
  name          = "a"
  cron          = "0 6 * * *"
  timezone      = "Europe/Stockholm"
  startup_state = "stopped"
  overlap       = "allow"
  action "qlik-sense-reload" {
    task_id = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"
  }
}

# Not imported: its task id "My task" is no GUID, so it names no task of Qlik Sense.
#
# schedule "no task" {
#   name     = "a"
#   cron     = "0 6 * * *"
#   timezone = "Europe/Stockholm"
#   overlap  = "allow"
#   action "qlik-sense-reload" {
#     task_id = "My task"
#   }
# }

schedule "twice" {
  name     = "a"
  cron     = "0 6 * * *"
  timezone = "Europe/Stockholm"
  overlap  = "allow"
  action "qlik-sense-reload" {
    task_id = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"
  }
}

schedule "twice-15" {
  # Its id "twice" is that of the schedule at traps.yaml:15 too, and Butler started and
  # stopped only one of them; the id is now "twice-15".
  name          = "b"
  cron          = "0 7 * * *"
  timezone      = "Europe/Stockholm"
  startup_state = "stopped"
  overlap       = "allow"
  action "qlik-sense-reload" {
    task_id = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"
  }
}

schedule "butler-16" {
  # It has no id; the id is now "butler-16".
  # Its startupState "maybe" is neither started nor stopped; it is stopped here.
  # Members that Butler has no use for: owner.
  name          = "no $${id}"
  cron          = "0 7 * * *"
  timezone      = "Europe/Stockholm"
  startup_state = "stopped"
  overlap       = "allow"
  action "qlik-sense-reload" {
    task_id = "0fe447a9-ba1f-44a9-ac23-68c3a1d88d8b"
  }
}
