using 'main.bicep'

// azd sets the first two; deploy.yml takes them from the repository's variables.
param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'nightly')
param location = readEnvironmentVariable('AZURE_LOCATION', 'westeurope')

// Who may set the passwords in the vault: whoever runs azd, which sets the first of these but never the second. A service principal or
// a group needs both: azd env set AZURE_PRINCIPAL_TYPE ServicePrincipal, and azd env set AZURE_PRINCIPAL_ID <object id>.
param officerId = readEnvironmentVariable('AZURE_PRINCIPAL_ID', '')
param officerType = readEnvironmentVariable('AZURE_PRINCIPAL_TYPE', 'User')

// The package must be built with the same value: dotnet publish reads it from the same variable.
param backend = readEnvironmentVariable('DurableBackend', 'Storage')

param appliances = [
  {
    name: 'appliance-1'
    baseUrl: 'https://appliance.example:11005'
    username: 'rescan'
    thumbprints: []
  }
]

param alertEmails = []

// An appliance behind a security group wants one known caller:
// param network = { kind: 'new' }
// An appliance reached through a network of your own:
// param network = { kind: 'subnet', subnetId: '/subscriptions/.../subnets/rescan' }
