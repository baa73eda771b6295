#pragma once

#include <string_view>

#include "policy/allowlist_format.h"
#include "policy/result.h"

namespace policy {

// The address ranges that providers publish, as allowlists. Each reads the provider's own JSON and
// takes all its prefixes; which of a provider's services they are for is not told apart. Fails with
// `malformed_input` for what is no such JSON, an answer without any prefix included: a provider
// without addresses is a failure on the way.

// https://ip-ranges.amazonaws.com/ip-ranges.json
Result<ParsedAllowlist> ParseAwsRanges(std::string_view json);
// "Azure IP Ranges and Service Tags", ServiceTags_Public_DATE.json
Result<ParsedAllowlist> ParseAzureRanges(std::string_view json);
// https://www.gstatic.com/ipranges/goog.json and cloud.json; Googlebot's lists are alike
Result<ParsedAllowlist> ParseGoogleRanges(std::string_view json);
// https://api.cloudflare.com/client/v4/ips; /ips-v4 and /ips-v6 are plain lists
Result<ParsedAllowlist> ParseCloudflareRanges(std::string_view json);
// https://api.fastly.com/public-ip-list
Result<ParsedAllowlist> ParseFastlyRanges(std::string_view json);

}  // namespace policy
