#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/indicator.h"

namespace policy {

// What devices can tell apart. A product belongs to one or more of them: Squid is a proxy, and one
// with TLS inspection where ssl_bump is set up.
enum class DeviceFamily : std::uint8_t { dns, proxy, proxy_with_tls_inspection, firewall };
std::string_view Name(DeviceFamily family);  // "proxy-with-tls-inspection"

// The families that can block `target` itself, no more and no less; none for a file hash.
//
// A name: a resolver by the question, a proxy by the request or its CONNECT. An address: a firewall
// by the packet, a resolver by the answer (RPZ-IP), a proxy by where it connects. A URL: a proxy
// that sees it, which of an https URL it does only with TLS inspection.
std::vector<DeviceFamily> EnforceableBy(const Indicator& target);

// "domain evil.example: dns, proxy or proxy-with-tls-inspection".
std::string ScopeText(const Indicator& target);

}  // namespace policy
