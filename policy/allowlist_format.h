#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policy/allowlist.h"
#include "policy/result.h"

namespace policy {

struct RejectedLine {
  std::size_t line;  // from 1; for JSON lists the index in "list", from 1
  std::string reason;
};

struct ParsedAllowlist {
  std::vector<AllowEntry> entries;
  std::vector<RejectedLine> rejected;
};

// Reads a MISP warninglist (https://github.com/MISP/misp-warninglists, schema.json): types
// "hostname" (subtrees), "string" (the exact name; the subtree where the entry has a leading dot),
// "cidr". "substring" and "regex" say nothing about one name and are refused whole as not_allowed,
// and so are lists whose matching_attributes are all hashes. A JSON error is malformed_input with
// its line and column. An entry that holds every address is rejected.
Result<ParsedAllowlist> ParseMispWarninglist(std::string_view json);

// Reads a plain list: a domain (its subtree; "=example.com" for the name alone), address, prefix a
// line; "#" starts a comment.
Result<ParsedAllowlist> ParsePlainAllowlist(std::string_view text);

}  // namespace policy
