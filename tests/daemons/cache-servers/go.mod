module fairlead.test/daemons/cache-servers

go 1.26.8

require (
	github.com/aws/aws-sdk-go-v2 v1.43.0
	github.com/johannesboyne/gofakes3 v1.2.0
	github.com/nektos/act v0.2.89
)

require (
	github.com/aws/smithy-go v1.27.3 // indirect
	github.com/golang-jwt/jwt/v5 v5.3.0 // indirect
	github.com/julienschmidt/httprouter v1.3.0 // indirect
	github.com/ryszard/goskiplist v0.0.0-20150312221310-2dfbae5fcf46 // indirect
	github.com/sirupsen/logrus v1.9.3 // indirect
	github.com/timshannon/bolthold v0.0.0-20240314194003-30aac6950928 // indirect
	go.etcd.io/bbolt v1.4.3 // indirect
	go.shabbyrobe.org/gocovmerge v0.0.0-20230507111327-fa4f82cfbf4d // indirect
	golang.org/x/sys v0.43.0 // indirect
	golang.org/x/tools v0.43.0 // indirect
)
