#include "exporters/nftables/ruleset.h"

#include <fmt/format.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string_view>

namespace exporters::nftables {
namespace {

template <class T, void (*free_it)(const T*)>
struct Freed {
  void operator()(T* value) const { free_it(value); }
};
using TablePtr = std::unique_ptr<nftnl_table, Freed<nftnl_table, nftnl_table_free>>;
using SetPtr = std::unique_ptr<nftnl_set, Freed<nftnl_set, nftnl_set_free>>;
using ChainPtr = std::unique_ptr<nftnl_chain, Freed<nftnl_chain, nftnl_chain_free>>;
using RulePtr = std::unique_ptr<nftnl_rule, Freed<nftnl_rule, nftnl_rule_free>>;

enum class Side { source, destination };

const char* NameOf(Hook hook) {
  switch (hook) {
    case Hook::input: return "input";
    case Hook::forward: return "forward";
    case Hook::output: return "output";
  }
  return "";
}

std::uint32_t NumberOf(Hook hook) {
  switch (hook) {
    case Hook::input: return NF_INET_LOCAL_IN;
    case Hook::forward: return NF_INET_FORWARD;
    case Hook::output: return NF_INET_LOCAL_OUT;
  }
  return 0;
}

std::vector<Side> SidesOf(Hook hook) {
  if (hook == Hook::input) return {Side::source};
  if (hook == Hook::output) return {Side::destination};
  return {Side::source, Side::destination};
}

std::string RuleText(Side side, SetId set) {
  return fmt::format("{} {} @{} counter drop", IsV4(set) ? "ip" : "ip6",
                     side == Side::source ? "saddr" : "daddr", NameOf(set));
}

// What the kernel makes of RuleText, in Signature's words.
std::string ExpectedSignature(Side side, SetId set) {
  const int offset = IsV4(set) ? (side == Side::source ? 12 : 16) : (side == Side::source ? 8 : 24);
  return fmt::format("meta {} cmp {} {:02x} payload {} {} {} lookup {} 0 verdict {}",
                     static_cast<unsigned>(NFT_META_NFPROTO), static_cast<unsigned>(NFT_CMP_EQ),
                     static_cast<unsigned>(IsV4(set) ? NFPROTO_IPV4 : NFPROTO_IPV6),
                     static_cast<unsigned>(NFT_PAYLOAD_NETWORK_HEADER), offset, KeySize(set),
                     NameOf(set), NF_DROP);
}

std::string SignatureOf(const nftnl_expr* expression) {
  const std::string_view name = nftnl_expr_get_str(expression, NFTNL_EXPR_NAME);
  const auto number = [&](std::uint16_t attribute) {
    return nftnl_expr_get_u32(expression, attribute);
  };
  if (name == "counter") return {};
  if (name == "meta") return fmt::format("meta {}", number(NFTNL_EXPR_META_KEY));
  if (name == "cmp") {
    std::uint32_t size = 0;
    const auto* data =
        static_cast<const std::uint8_t*>(nftnl_expr_get(expression, NFTNL_EXPR_CMP_DATA, &size));
    std::string hex;
    for (std::uint32_t i = 0; i < size; ++i) hex += fmt::format("{:02x}", data[i]);
    return fmt::format("cmp {} {}", number(NFTNL_EXPR_CMP_OP), hex);
  }
  if (name == "payload") {
    return fmt::format("payload {} {} {}", number(NFTNL_EXPR_PAYLOAD_BASE),
                       number(NFTNL_EXPR_PAYLOAD_OFFSET), number(NFTNL_EXPR_PAYLOAD_LEN));
  }
  if (name == "lookup") {
    return fmt::format("lookup {} {}", nftnl_expr_get_str(expression, NFTNL_EXPR_LOOKUP_SET),
                       number(NFTNL_EXPR_LOOKUP_FLAGS));
  }
  if (name == "immediate" && nftnl_expr_is_set(expression, NFTNL_EXPR_IMM_VERDICT)) {
    return fmt::format("verdict {}", number(NFTNL_EXPR_IMM_VERDICT));
  }
  return std::string(name);
}

std::string SignatureOf(nftnl_rule* rule) {
  std::string signature;
  nftnl_expr_foreach(
      rule,
      [](nftnl_expr* expression, void* out) {
        const std::string part = SignatureOf(expression);
        auto& text = *static_cast<std::string*>(out);
        if (!part.empty()) text += (text.empty() ? "" : " ") + part;
        return 0;
      },
      &signature);
  return signature;
}

// Packets that the rule's counter has counted.
std::uint64_t PacketsOf(nftnl_rule* rule) {
  std::uint64_t packets = 0;
  nftnl_expr_foreach(
      rule,
      [](nftnl_expr* expression, void* out) {
        if (std::string_view(nftnl_expr_get_str(expression, NFTNL_EXPR_NAME)) == "counter") {
          *static_cast<std::uint64_t*>(out) +=
              nftnl_expr_get_u64(expression, NFTNL_EXPR_CTR_PACKETS);
        }
        return 0;
      },
      &packets);
  return packets;
}

policy::Result<void> DumpAll(Netlink& netlink, std::uint16_t type,
                             const std::function<void(const nlmsghdr*)>& take) {
  std::array<char, 256> request{};
  const nlmsghdr* const message =
      nftnl_nlmsg_build_hdr(request.data(), type, NFPROTO_INET, NLM_F_DUMP, 1);
  return netlink.Dump(message, take);
}

policy::Result<void> ReadTable(Netlink& netlink, const Settings& settings, RulesetState& state) {
  bool found = false;
  auto ok = DumpAll(netlink, NFT_MSG_GETTABLE, [&](const nlmsghdr* message) {
    const TablePtr table(nftnl_table_alloc());
    if (nftnl_table_nlmsg_parse(message, table.get()) != 0) return;
    if (settings.table != nftnl_table_get_str(table.get(), NFTNL_TABLE_NAME)) return;
    found = true;
    state.dormant =
        (nftnl_table_get_u32(table.get(), NFTNL_TABLE_FLAGS) & NFT_TABLE_F_DORMANT) != 0;
  });
  if (!found) state.deviations.push_back("there is no table inet " + settings.table);
  if (state.dormant) state.deviations.push_back("the table inet " + settings.table + " is dormant");
  return ok;
}

policy::Result<void> ReadSets(Netlink& netlink, const Settings& settings, RulesetState& state) {
  std::array<bool, kSets.size()> fits{};
  auto ok = DumpAll(netlink, NFT_MSG_GETSET, [&](const nlmsghdr* message) {
    const SetPtr set(nftnl_set_alloc());
    if (nftnl_set_nlmsg_parse(message, set.get()) != 0) return;
    if (settings.table != nftnl_set_get_str(set.get(), NFTNL_SET_TABLE)) return;
    for (const SetId id : kSets) {
      if (std::string_view(nftnl_set_get_str(set.get(), NFTNL_SET_NAME)) != NameOf(id)) continue;
      fits[static_cast<std::size_t>(id)] =
          nftnl_set_get_u32(set.get(), NFTNL_SET_KEY_LEN) == KeySize(id) &&
          nftnl_set_get_u32(set.get(), NFTNL_SET_FLAGS) ==
              (IsInterval(id) ? std::uint32_t{NFT_SET_INTERVAL} : 0U);
    }
  });
  state.sets_fit = std::all_of(fits.begin(), fits.end(), [](bool fit) { return fit; });
  for (const SetId id : kSets) {
    if (!fits[static_cast<std::size_t>(id)]) {
      state.deviations.push_back(std::string("the set ") + NameOf(id) +
                                 " is missing or of another type");
    }
  }
  return ok;
}

policy::Result<void> ReadChains(Netlink& netlink, const Settings& settings, RulesetState& state) {
  std::map<std::string, bool> hooked;
  auto ok = DumpAll(netlink, NFT_MSG_GETCHAIN, [&](const nlmsghdr* message) {
    const ChainPtr chain(nftnl_chain_alloc());
    if (nftnl_chain_nlmsg_parse(message, chain.get()) != 0) return;
    if (settings.table != nftnl_chain_get_str(chain.get(), NFTNL_CHAIN_TABLE)) return;
    const std::string name = nftnl_chain_get_str(chain.get(), NFTNL_CHAIN_NAME);
    for (const Hook hook : {Hook::input, Hook::forward, Hook::output}) {
      if (name != NameOf(hook)) continue;
      state.our_chains.push_back(name);
      const char* type = nftnl_chain_get_str(chain.get(), NFTNL_CHAIN_TYPE);
      hooked[name] = nftnl_chain_is_set(chain.get(), NFTNL_CHAIN_HOOKNUM) && type != nullptr &&
                     std::string_view(type) == "filter" &&
                     nftnl_chain_get_u32(chain.get(), NFTNL_CHAIN_HOOKNUM) == NumberOf(hook) &&
                     nftnl_chain_get_s32(chain.get(), NFTNL_CHAIN_PRIO) == settings.priority &&
                     nftnl_chain_get_u32(chain.get(), NFTNL_CHAIN_POLICY) == NF_ACCEPT;
    }
  });
  for (const Hook hook : settings.hooks) {
    if (!hooked[NameOf(hook)]) {
      state.deviations.push_back(std::string("the chain ") + NameOf(hook) +
                                 " is missing or hooked in differently");
    }
  }
  for (const std::string& chain : state.our_chains) {
    const bool is_wanted = std::any_of(settings.hooks.begin(), settings.hooks.end(),
                                       [&](Hook hook) { return chain == NameOf(hook); });
    if (!is_wanted) {
      state.deviations.push_back("the chain " + chain + " is there, but not among `hooks`");
    }
  }
  return ok;
}

policy::Result<void> ReadRules(Netlink& netlink, const Settings& settings, RulesetState& state) {
  std::map<std::string, std::vector<std::string>> rules;
  auto ok = DumpAll(netlink, NFT_MSG_GETRULE, [&](const nlmsghdr* message) {
    const RulePtr rule(nftnl_rule_alloc());
    if (nftnl_rule_nlmsg_parse(message, rule.get()) != 0) return;
    if (settings.table != nftnl_rule_get_str(rule.get(), NFTNL_RULE_TABLE)) return;
    rules[nftnl_rule_get_str(rule.get(), NFTNL_RULE_CHAIN)].push_back(SignatureOf(rule.get()));
    state.packets += PacketsOf(rule.get());
  });
  for (const Hook hook : settings.hooks) {
    std::vector<std::string> expected;
    for (const Side side : SidesOf(hook)) {
      for (const SetId set : kSets) expected.push_back(ExpectedSignature(side, set));
    }
    if (rules[NameOf(hook)] != expected) {
      state.deviations.push_back(std::string("the chain ") + NameOf(hook) +
                                 " does not hold exactly our drop rules");
    }
  }
  return ok;
}

std::string ChainText(const Settings& settings, Hook hook) {
  std::string text =
      fmt::format("  chain {0} {{\n    type filter hook {0} priority {1}; policy accept;\n",
                  NameOf(hook), settings.priority);
  for (const Side side : SidesOf(hook)) {
    for (const SetId set : kSets) text += "    " + RuleText(side, set) + "\n";
  }
  return text + "  }\n";
}

}  // namespace

policy::Result<RulesetState> ReadRuleset(Netlink& netlink, const Settings& settings) {
  RulesetState state;
  for (const auto read : {ReadTable, ReadSets, ReadChains, ReadRules}) {
    if (auto ok = read(netlink, settings, state); !ok) return tl::unexpected(ok.error());
  }
  return state;
}

std::string RulesetScript(const Settings& settings, const RulesetState& state) {
  std::string text;
  if (!state.KeepsElements()) {
    text += fmt::format("table inet {0}\ndelete table inet {0}\n", settings.table);
  } else {
    // A chain can't be hooked in elsewhere while it exists.
    for (const std::string& chain : state.our_chains) {
      text += fmt::format("flush chain inet {0} {1}\ndelete chain inet {0} {1}\n", settings.table,
                          chain);
    }
  }
  text += fmt::format("table inet {} {{\n", settings.table);
  for (const SetId set : kSets) {
    text += fmt::format("  set {} {{ type {}; {}}}\n", NameOf(set),
                        IsV4(set) ? "ipv4_addr" : "ipv6_addr",
                        IsInterval(set) ? "flags interval; " : "");
  }
  for (const Hook hook : settings.hooks) text += ChainText(settings, hook);
  return text + "}\n";
}

}  // namespace exporters::nftables
