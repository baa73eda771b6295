#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "agent/feeds/feed_snapshot.h"
#include "policy/domain.h"
#include "policy/result.h"
#include "policy/time.h"

namespace agent::feeds {

struct TextOptions {
  // Whether what is written plainly counts too: for lists and tables, not for prose.
  bool plain = false;
  // The scheme of "evil.example/gate", "http" or "https"; without one such a text is passed over.
  std::string scheme;
  // Sites whose plain mention is a link of the report and no finding.
  std::vector<policy::Domain> own_sites;
  std::string reference;  // for each observation
};

// Finds indicators in a report written for people: prose, tables, Markdown, AsciiDoc.
//
// What is defanged ("hxxp://", "evil[.]example") was put out of action by its author, so that it is
// meant as bad. The rest may be a link, a victim, a product: it is passed over as "not defanged"
// unless `plain`, and then too if it is a file name ("gate.php"), a version ("v1.2.3", "version
// 10.0.0.1"), a package ("com.example.app"), a mention of `own_sites`, or ends in no public suffix
// that is known. A name that could be
// a script as well ("install.sh", "evil.pl") counts if it is alone on its line or defanged. Never
// taken: e-mail addresses, names and addresses that are reserved for examples (RFC 2606, RFC 5737,
// RFC 3849), text with a "\". File hashes always are. A port after a host is dropped.
//
// The report knows no times: what it holds was seen at `fetched_at`. A file without any indicator,
// but with plain ones, is `malformed_input`: it is a list.
policy::Result<FeedSnapshot> ParseTextReport(std::string_view bytes, policy::TimePoint fetched_at,
                                             std::size_t rows_max, const TextOptions& options = {});

}  // namespace agent::feeds
