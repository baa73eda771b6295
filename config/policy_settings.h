#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml.h"
#include "policy/allowlist.h"
#include "policy/evaluate.h"

namespace config {

// The part of the agent's configuration that decides, for all who read it: the agent, `policy
// test` and `policy simulate`. Mistakes are noted in the node's document, as yaml.h has it.

policy::Policy ReadPolicy(const Node& node);

// `name` is read, too, but not judged. `role` is the feed's if it does not say another.
policy::FeedProfile ReadFeedProfile(const Node& feed,
                                    policy::FeedRole role = policy::FeedRole::intelligence);

// Own names, addresses and prefixes, which nothing overrides.
std::vector<policy::AllowEntry> ReadAllowEntries(const Node& list);

// Other rules than those in force: all of `policy`, and of `feeds`, where the file has them, how
// far each is believed. The other keys of an agent's configuration may be there and are not looked
// at.
struct Rules {
  policy::Policy policy;
  std::vector<policy::FeedProfile> feeds;
};

// `file` stands in messages. No environment: the text may come from somebody else.
policy::Result<Rules> ParseRules(std::string_view text, const std::filesystem::path& file);

}  // namespace config
