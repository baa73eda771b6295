#pragma once

#include <string_view>

#include "agent/feeds/eve_alert.h"
#include "agent/traffic/request.h"

namespace agent::traffic {

// Reads an event of Suricata's eve.json: of type dns the name that a client asked for, of tls the
// server name, of http host and URL, of flow the address. Other events tell nothing, nor does what
// an end that is not ours began. Alerts are evidence, and a feed's matter
// (agent/feeds/eve_alert.h). Pure.
LineResult ReadEveLog(std::string_view line, const feeds::HomeNet& home);

}  // namespace agent::traffic
