# METADATA
# title: An image that could be better
package main

import rego.v1

# METADATA
# title: Advisor
# description: Always warns and never denies, so that a run can show a warning.
# custom:
#   short_name: advisor
warn contains result if {
	result := {"code": "main.advisor", "msg": "Every image could be better"}
}

# METADATA
# title: From the year 2099
# description: Denies from a date far ahead on, so that today it only warns.
# custom:
#   short_name: from_2099
deny contains result if {
	result := {
		"code": "main.from_2099",
		"msg": "From 2099 on this is a violation",
		"effective_on": "2099-01-01T00:00:00Z",
	}
}
