#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml.h"
#include "policy/digest.h"

namespace exporters {

// A client, usually one firewall, with a secret of its own. Only the secret's SHA-256 is kept: it
// has to be long and random, so that nothing slower is needed.
struct NamedKey {
  std::string name;
  policy::Sha256 sha256;
};

// Reads {name, WORD_file} or {name, WORD_sha256}; `word` is what the secret is called there, such
// as "token". Reads the file; what is wrong is noted at the node.
NamedKey ReadNamedKey(const config::Node& node, const std::string& word);

// Whose secret it is; null if nobody's. The time it takes tells nothing of a secret.
const NamedKey* FindKey(std::span<const NamedKey> keys, std::string_view secret);

}  // namespace exporters
