#pragma once

#include "agent/feeds/registry.h"
#include "config/yaml.h"

namespace agent::feeds {

// The formats of text for people and for other programs, with their keys:
//   text            plain, scheme, own_sites: text_report.h's TextOptions
//   suricata-rules  unanchored: suricata_rules.h
//   rpz             zone, rewrites: rpz_zone.h
//   yaml            keys, malware: yaml_lists.h
FeedFormat MakeText(const config::Node& source);
FeedFormat MakeSuricataRules(const config::Node& source);
FeedFormat MakeRpz(const config::Node& source);
FeedFormat MakeYaml(const config::Node& source);

}  // namespace agent::feeds
