find_package(Boost 1.81 CONFIG QUIET COMPONENTS fiber)
need(Boost::fiber libboost-fiber${Boost_MAJOR_VERSION}.${Boost_MINOR_VERSION}-dev)
target_link_libraries(application PRIVATE Boost::fiber)
