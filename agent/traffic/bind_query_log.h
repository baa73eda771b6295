#pragma once

#include <chrono>
#include <string_view>

#include "agent/traffic/request.h"

namespace agent::traffic {

// Reads a line of BIND's query log (category `queries`, a channel with print-time): which name a
// client asked for. `print-time local`, the default, has no zone: `utc_offset` is what it is ahead
// of UTC. Lines of other categories tell nothing. Names are as they were sent, in mixed case or
// with escapes ("\032"); what is no host name tells nothing, either. Pure.
LineResult ReadBindQuery(std::string_view line, std::chrono::seconds utc_offset);

}  // namespace agent::traffic
