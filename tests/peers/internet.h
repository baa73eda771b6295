#pragma once

#include <filesystem>
#include <memory>

#include "tests/peers/dns_server.h"

namespace peers {

// A little Internet for resolvers that look names up from the root on. For N from 1 to 8:
//   any name below example.   198.51.100.9, but
//   aN.example                203.0.113.N
//   *.dN.example              198.51.100.7, by the name server ns.lairN.example
//   *.sN.example              198.51.100.7, by the name server ns.hostN.example at 127.0.2.N
class Internet : public DnsServer {
 public:
  static constexpr int count = 8;

  // Takes the calling thread, and what it starts from then on, into a network of its own. Null if
  // there is no BIND here, or no right to do so: the test should then skip.
  static std::unique_ptr<Internet> Start();

  // The names and addresses of root servers, as a master file.
  std::filesystem::path root_hints() const { return folder_ / "hints"; }

 private:
  Internet() : DnsServer(53) {}
  void WriteZones() const;
  void WriteConfiguration() const;
};

}  // namespace peers
