#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/feeds/stix_bundle.h"
#include "config/yaml.h"
#include "platform/http_client.h"
#include "policy/result.h"

namespace agent::feeds {

enum class TaxiiVersion : std::uint8_t { v20, v21 };

struct TaxiiOptions {
  // Title, alias or id; empty where the feed's URL is that of the collection itself.
  std::string collection;
  TaxiiVersion version = TaxiiVersion::v21;
  StixOptions stix;
};

// Reads the keys `collection` and `taxii_version`, and those of STIX.
TaxiiOptions ReadTaxiiOptions(const config::Node& source);

// Gets what is new in a TAXII collection (OASIS TAXII 2.1; TAXII 2.0) and joins it with what
// `last_good` holds; a Collector. The URL is that of the collection or, with `collection`, that of
// the discovery resource, of an API root, or of its list of collections. Everything has to be at
// the origin of the URL, since the credentials are for that one only.
//
// The result is a STIX bundle, which also names the collection and the date (`added_after`) up to
// which it is complete. Of each object it has the newest version. What was revoked or expired 30
// days before that date leaves it: until then it tells that the indicator has gone.
//
// Fails with `malformed_input` if the server breaks the protocol or its pages never end, with
// `not_found` if there is no such collection, with `exhausted` above the request's caps.
policy::Result<platform::HttpResponse> CollectTaxii(platform::HttpClient& client,
                                                    const platform::HttpRequest& request,
                                                    std::string_view last_good,
                                                    const TaxiiOptions& options);

// Reads what CollectTaxii gave. `malformed_input` also if its date is after `fetched_at`, since
// then nothing that is added before that date would ever be fetched.
policy::Result<FeedSnapshot> ParseTaxii(std::string_view bytes, policy::TimePoint fetched_at,
                                        const StixOptions& options, std::size_t rows_max);

}  // namespace agent::feeds
