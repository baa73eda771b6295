#pragma once

#include <cstddef>
#include <string_view>

#include "agent/feeds/feed_snapshot.h"
#include "agent/feeds/stix_indicators.h"
#include "agent/feeds/tlp.h"
#include "config/yaml.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::feeds {

struct StixOptions {
  Tlp tlp_max = Tlp::amber;  // indicators marked above it are not taken
  StixPorts ports = StixPorts::refuse;
};

// Reads the keys `tlp_max` and `drop_ports`.
StixOptions ReadStixOptions(const config::Node& source);

// Reads STIX 2.0 or 2.1: a bundle, a TAXII envelope, a bare list of objects, or one object.
//
// Each indicator is a row, and more than one if its pattern has alternatives; see
// FindNetworkIndicators for what a pattern gives. Of an object's versions the newest counts.
// Malware is what an indicator `indicates`, sightings are those of it. First seen is the earlier of
// created and valid_from, last seen the later of modified and valid_from: a feed that only repeats
// itself does not make an indicator younger. Observed data and cyber-observable objects say what
// was seen, not that it is bad, so they are no rows.
//
// Revoked and benign indicators, and those of what no network device blocks, are context.
policy::Result<FeedSnapshot> ParseStix(std::string_view bytes, const StixOptions& options,
                                       std::size_t rows_max);

}  // namespace agent::feeds
