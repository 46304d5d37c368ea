# Made of user.crontab by `butlerd import crontab`. Look at the report of the
# import, and check the file with `butlerd validate`.

plugin "exec" {
}

schedule "backup" {
  # Line 9: 30 2 * * *
  name        = "/usr/local/bin/backup --all \"$HOME\" >> /tmp/backup.log 2>&1"
  description = "Nightly backup\nof the $${HOME} directory"
  tags        = ["crontab"]
  cron        = "30 2 * * *"
  timezone    = "Europe/Stockholm"
  overlap     = "allow"
  action "exec" {
    command = ["/bin/bash", "-c", "/usr/local/bin/backup --all \"$HOME\" >> /tmp/backup.log 2>&1"]
    env = {
      "PATH" = "/usr/local/bin:/usr/bin"
      "TZ"   = "Asia/Tokyo"
    }
  }
}

schedule "curl" {
  # Line 10: */10 * * * MON-FRI
  name     = "curl -s \"http://127.0.0.1/?a="
  tags     = ["crontab"]
  cron     = "*/10 * * * MON-FRI"
  timezone = "Europe/Stockholm"
  overlap  = "allow"
  action "exec" {
    command = ["/bin/bash", "-c", "curl -s \"http://127.0.0.1/?a="]
    env = {
      "PATH" = "/usr/local/bin:/usr/bin"
      "TZ"   = "Asia/Tokyo"
    }
    stdin = "{x}%20b\" # not a comment\n"
  }
}

schedule "mail" {
  # Line 11: @daily
  name     = "mail -s report root"
  tags     = ["crontab"]
  cron     = "@daily"
  timezone = "Europe/Stockholm"
  overlap  = "allow"
  action "exec" {
    command = ["/bin/bash", "-c", "mail -s report root"]
    env = {
      "PATH" = "/usr/local/bin:/usr/bin"
      "TZ"   = "Asia/Tokyo"
    }
    stdin = "Hello,\n\nit is $${done}%\n"
  }
}

# Not imported: @reboot is not a time: start the command with the machine, by its service manager.
#
# schedule "start" {
#   # Line 12: @reboot
#   name     = "/usr/local/bin/start"
#   tags     = ["crontab"]
#   cron     = "@reboot"
#   timezone = "Europe/Stockholm"
#   overlap  = "allow"
#   action "exec" {
#     command = ["/bin/bash", "-c", "/usr/local/bin/start"]
#     env = {
#       "PATH" = "/usr/local/bin:/usr/bin"
#       "TZ"   = "Asia/Tokyo"
#     }
#   }
# }

schedule "echo" {
  # Line 14: 0 9 1-7 * */2
  name     = "echo both"
  tags     = ["crontab"]
  cron     = "0 9 1-7 * */2"
  timezone = "America/New_York"
  overlap  = "allow"
  action "exec" {
    command = ["/bin/bash", "-c", "echo both"]
    env = {
      "PATH" = "/usr/local/bin:/usr/bin"
      "TZ"   = "Asia/Tokyo"
    }
  }
}

# Not imported: no such date: the day of the month never occurs in the given month(s).
#
# schedule "echo-2" {
#   # Line 15: 0 9 30 2 *
#   name     = "echo never"
#   tags     = ["crontab"]
#   cron     = "0 9 30 2 *"
#   timezone = "America/New_York"
#   overlap  = "allow"
#   action "exec" {
#     command = ["/bin/bash", "-c", "echo never"]
#     env = {
#       "PATH" = "/usr/local/bin:/usr/bin"
#       "TZ"   = "Asia/Tokyo"
#     }
#   }
# }

# Not imported: a random time (~): write a time, and set jitter.
#
# schedule "echo-3" {
#   # Line 16: 0~30 9 * * *
#   name     = "echo random"
#   tags     = ["crontab"]
#   cron     = "0~30 9 * * *"
#   timezone = "America/New_York"
#   overlap  = "allow"
#   action "exec" {
#     command = ["/bin/bash", "-c", "echo random"]
#     env = {
#       "PATH" = "/usr/local/bin:/usr/bin"
#       "TZ"   = "Asia/Tokyo"
#     }
#   }
# }

# Not imported: hour "22-2": the range runs backwards; write 22-23,0-2.
#
# schedule "echo-4" {
#   # Line 18: 0 22-2 * * *
#   name     = "echo backwards"
#   tags     = ["crontab"]
#   cron     = "0 22-2 * * *"
#   timezone = "America/New_York"
#   overlap  = "allow"
#   action "exec" {
#     command = ["/bin/bash", "-c", "echo backwards"]
#     dir     = "/srv/åäö"
#     env = {
#       "HOME" = "/srv/åäö"
#       "PATH" = "/usr/local/bin:/usr/bin"
#       "TZ"   = "Asia/Tokyo"
#     }
#   }
# }

schedule "backup-2" {
  # Line 19: 0 4 * * 7
  name     = "backup again"
  tags     = ["crontab"]
  cron     = "0 4 * * 7"
  timezone = "America/New_York"
  overlap  = "allow"
  action "exec" {
    command = ["/bin/bash", "-c", "backup again"]
    dir     = "/srv/åäö"
    env = {
      "HOME" = "/srv/åäö"
      "PATH" = "/usr/local/bin:/usr/bin"
      "TZ"   = "Asia/Tokyo"
    }
  }
}
