#pragma once

#include <string>
#include <string_view>

#include "exporters/marker.h"
#include "policy/digest.h"
#include "policy/release.h"
#include "policy/result.h"

namespace exporters::squid {

// ".invalid" never resolves (RFC 6761, 6.4): kMarkerDomain is below it, and no list blocks a name
// that is.
bool IsBelowInvalid(std::string_view name);

// `lines` of the next two are a list's text: sorted bytewise, a newline after each. No index is
// needed: both take O(log n) steps.
bool HoldsLine(std::string_view lines, std::string_view line);
// Whether the list has `name` or a parent of it.
bool HoldsNameOrParent(std::string_view lines, std::string_view name);

// A list as sekisho-squid-acl maps it: a line that says what follows, and the list's text, from
// which the agent's digest can be redone (`tail -n +2 FILE | sha256sum`).
//
//   sekisho-requests 1 <SHA-256 of the text, hex> <bytes of the text>
//   domain evil.example
//   ...
//
// Only looks at the text: a view.
class RequestList {
 public:
  static std::string Write(const policy::ListSnapshot& list);
  // The name that this list blocks besides its entries, and no other list does.
  static std::string MarkerOf(const policy::Sha256& digest);

  // Fails with `malformed_input` unless `file` is whole and its text has the digest that it says.
  static policy::Result<RequestList> Read(std::string_view file);

  // Says whether the list blocks a request, as Squid writes it: "http://host/path", or "host:443"
  // for CONNECT. A URL is compared in policy::Url's canonical form, so that neither case nor
  // percent escapes hide it; a name matches with all below it.
  bool Blocks(std::string_view request) const;

 private:
  RequestList(std::string marker, std::string_view lines)
      : marker_(std::move(marker)), lines_(lines) {}
  bool BlocksHost(std::string_view request) const;

  std::string marker_;
  std::string_view lines_;
};

}  // namespace exporters::squid
