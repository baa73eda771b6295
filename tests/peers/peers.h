#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

// Finds the programs that Sekisho publishes to (BIND, Squid, nft), so that tests run the real
// thing. `./dev test` unpacks them into .peers/ without installing them; on a system that has them
// installed, those serve too.
namespace peers {

// The executable called `name`, e.g. "named", "named-checkzone", "rndc", "nsupdate", "dig",
// "squid", "haproxy", "nft", "iprange", "ip". Looks at SEKISHO_<NAME>, in .peers/bin, and in PATH
// and the sbin folders. Nothing if it is in none of them: the test should then skip, saying so.
std::optional<std::filesystem::path> Find(std::string_view name);

// A fragment of squid.conf for `include`: where Squid's own data and helpers are, since Debian's
// Squid has the paths of an installed one compiled in. Nothing for an installed Squid.
std::optional<std::filesystem::path> SquidPaths();

// A port of 127.0.0.1 that nobody listens on now, by TCP or UDP, and that no other test is given
// until this process ends. Thread-safe. Throws a runtime_error if there is none.
std::uint16_t FreePort();

}  // namespace peers
